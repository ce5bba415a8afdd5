package io.ella.core.weights;

import static org.assertj.core.api.Assertions.assertThat;

import io.ella.core.graph.ParameterSpec;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What holds for every source of parameters. */
abstract class WeightSourceContract {

    /** A new source. */
    abstract WeightSource source();

    /** Parameters that it has, and their elements. */
    abstract Map<ParameterSpec, float[]> expected();

    @Test
    void givesEveryParameter() {
        try (WeightSource source = source()) {
            expected()
                    .forEach(
                            (spec, values) -> {
                                StoredTensor tensor = source.tensor(spec);
                                assertThat(tensor.name()).isEqualTo(spec.name());
                                assertThat(tensor.shape()).isEqualTo(spec.shape());
                                assertThat(tensor.elements()).isEqualTo(values.length);
                                assertThat(tensor.floatArray()).containsExactly(values);
                            });
        }
    }

    @Test
    void partsHoldAllBytes() {
        try (WeightSource source = source()) {
            for (ParameterSpec spec : expected().keySet()) {
                StoredTensor tensor = source.tensor(spec);
                assertThat(tensor.parts())
                        .allSatisfy(
                                part -> {
                                    assertThat(part.isDirect()).isTrue();
                                    assertThat(part.isReadOnly()).isTrue();
                                    assertThat(part.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
                                    assertThat(part.position()).isZero();
                                    assertThat(part.limit()).isEqualTo(part.capacity());
                                    assertThat(part.capacity() % tensor.dtype().bytes()).isZero();
                                });
                assertThat(tensor.parts().stream().mapToLong(part -> part.capacity()).sum())
                        .isEqualTo(tensor.bytes());
            }
        }
    }

    @Test
    void acceptsItsOwnParameters() {
        try (WeightSource source = source()) {
            source.check(expected().keySet(), name -> false);
            assertThat(source.description()).isNotBlank();
        }
    }

    @Test
    void tensorsOutliveTheSource() {
        List<StoredTensor> tensors = new ArrayList<>();
        try (WeightSource source = source()) {
            expected().keySet().forEach(spec -> tensors.add(source.tensor(spec)));
        }
        for (StoredTensor tensor : tensors) {
            ParameterSpec spec = new ParameterSpec(tensor.name(), tensor.shape());
            assertThat(tensor.floatArray()).isEqualTo(expected().get(spec));
        }
    }

    @Test
    void isSafeForConcurrentReads() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (WeightSource source = source()) {
            List<Future<?>> readers = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                readers.add(
                        threads.submit(
                                () ->
                                        expected()
                                                .forEach(
                                                        (spec, values) ->
                                                                assertThat(
                                                                                source.tensor(spec)
                                                                                        .floatArray())
                                                                        .isEqualTo(values))));
            }
            for (Future<?> reader : readers) {
                reader.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
