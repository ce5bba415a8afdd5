package io.ella.train.stages;

import static org.assertj.core.api.Assertions.assertThat;

import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepeatedQueriesTest {
    private static final StoredTensor LEARNED =
            StoredTensor.of("connector.latents", new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 4, 2);
    private static final StoredTensor OTHER =
            StoredTensor.of("connector.weight", new float[] {1, 2}, 2);

    @Test
    void theLastQuarterIsThereThreeTimes() {
        StoredTensor repeated = RepeatedQueries.repeated(LEARNED);
        assertThat(repeated.shape()).containsExactly(6L, 2L);
        assertThat(repeated.floatArray()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 7, 8, 7, 8);
        assertThat(RepeatedQueries.count(4)).isEqualTo(6);
        assertThat(RepeatedQueries.count(64)).isEqualTo(96);
        assertThat(RepeatedQueries.repeated(OTHER)).isSameAs(OTHER);
    }

    /** Of a checkpoint that has the repetitions, and of one from before there were any. */
    @Test
    void whatIsRepeatedIsReadAsItLearned(@TempDir Path folder) {
        for (StoredTensor stored : List.of(RepeatedQueries.repeated(LEARNED), LEARNED)) {
            Path file = folder.resolve("ella-" + stored.shape().get(0) + ".safetensors");
            Safetensors.write(file, Map.of(), List.of(stored, OTHER));
            List<ParameterSpec> declared =
                    List.of(
                            ParameterSpec.of("connector.latents", 4, 2),
                            ParameterSpec.of("connector.weight", 2));
            try (WeightSource learned = RepeatedQueries.learned(Safetensors.open(file), 4)) {
                learned.check(declared, name -> false);
                assertThat(learned.tensor("connector.latents").floatArray())
                        .containsExactly(LEARNED.floatArray());
                assertThat(learned.tensor("connector.weight").floatArray()).containsExactly(1, 2);
            }
        }
    }
}
