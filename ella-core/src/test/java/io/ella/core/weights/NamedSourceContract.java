package io.ella.core.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What holds for every source that stores its parameters. */
abstract class NamedSourceContract extends WeightSourceContract {

    @Test
    void listsAndFindsItsParameters() {
        try (WeightSource source = source()) {
            assertThat(source.names())
                    .containsExactlyInAnyOrderElementsOf(
                            expected().keySet().stream().map(ParameterSpec::name).toList());
            for (ParameterSpec spec : expected().keySet()) {
                assertThat(source.find(spec.name())).contains(spec);
                assertThat(source.tensor(spec.name()).shape()).isEqualTo(spec.shape());
            }
            assertThat(source.find("absent")).isEmpty();
        }
    }

    @Test
    void refusesAbsentAndMisshapenParameters() {
        try (WeightSource source = source()) {
            ParameterSpec known = expected().keySet().iterator().next();
            assertThatThrownBy(() -> source.tensor("absent"))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining(source.description() + ": \"absent\" is missing");
            assertThatThrownBy(() -> source.tensor(ParameterSpec.of("absent", 1)))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("\"absent\" is missing");
            assertThatThrownBy(() -> source.tensor(ParameterSpec.of(known.name(), 1, 2, 77)))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining(
                            "\"%s\" is %s, the model expects [1, 2, 77]"
                                    .formatted(known.name(), known.shape()));
        }
    }

    @Test
    void namesAllDifferencesAtOnce() {
        try (WeightSource source = source()) {
            List<ParameterSpec> declared = new ArrayList<>(expected().keySet());
            ParameterSpec unexpected = declared.remove(declared.size() - 1);
            ParameterSpec misshapen = declared.remove(0);
            declared.add(ParameterSpec.of(misshapen.name(), 5, 77));
            IntStream.range(0, 11)
                    .mapToObj(i -> ParameterSpec.of("missing." + i, i + 1L))
                    .forEach(declared::add);
            assertThatThrownBy(() -> source.check(declared, name -> false))
                    .isInstanceOf(EllaException.class)
                    .hasMessageStartingWith(source.description() + ": ")
                    .hasMessageContaining(
                            "misshapen (1): \"%s\" is %s, the model expects [5, 77]"
                                    .formatted(misshapen.name(), misshapen.shape()))
                    .hasMessageContaining("missing (11): \"missing.0\" [1], \"missing.1\" [2],")
                    .hasMessageContaining("\"missing.7\" [8] and 3 more")
                    .hasMessageContaining("unexpected (1): \"" + unexpected.name() + "\"");
        }
    }

    @Test
    void leavesIgnorableParametersAlone() {
        try (WeightSource source = source()) {
            List<ParameterSpec> declared = new ArrayList<>(expected().keySet());
            String unexpected = declared.remove(0).name();
            source.check(declared, unexpected::equals);
            assertThatThrownBy(() -> source.check(declared, "other"::equals))
                    .isInstanceOf(EllaException.class)
                    .hasMessageContaining("unexpected (1)")
                    .hasMessageNotContaining("missing (");
        }
    }
}
