package io.ella.core.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedSourceTest extends NamedSourceContract {

    private final Path folder;

    MappedSourceTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @BeforeEach
    void write() {
        Safetensors.write(
                folder.resolve("a.safetensors"),
                Map.of(),
                List.of(
                        Tensors.counting("in_proj", 6, 2),
                        Tensors.counting("projection", 2, 3),
                        Tensors.counting("conv", 2, 2).reshaped(2, 2, 1, 1),
                        Tensors.counting("dropped", 1, 1)));
    }

    private WeightSource mapped(Map<String, Mapping> mappings) {
        return Safetensors.open(folder.resolve("a.safetensors")).mapped(mappings);
    }

    @Override
    WeightSource source() {
        Map<String, Mapping> mappings = new LinkedHashMap<>();
        mappings.put("q", Mapping.from("in_proj").rows(0, 2));
        mappings.put("k", Mapping.from("in_proj").rows(2, 4));
        mappings.put("text_projection", Mapping.from("projection").transposed());
        mappings.put("linear", Mapping.from("conv").reshaped(2, 2));
        mappings.put("not stored", Mapping.from("elsewhere"));
        return mapped(mappings);
    }

    @Override
    Map<ParameterSpec, float[]> expected() {
        return Map.of(
                ParameterSpec.of("q", 2, 2), new float[] {0, 1, 2, 3},
                ParameterSpec.of("k", 2, 2), new float[] {4, 5, 6, 7},
                ParameterSpec.of("text_projection", 3, 2), new float[] {0, 3, 1, 4, 2, 5},
                ParameterSpec.of("linear", 2, 2), new float[] {0, 1, 2, 3});
    }

    @Test
    void keepsTheOrderOfTheMap() {
        assertThat(source().names()).containsExactly("q", "k", "text_projection", "linear");
    }

    @Test
    void appliesRowsThenTransposeThenReshape() {
        Mapping all = Mapping.from("in_proj").reshaped(2, 1, 3).transposed().rows(1, 4);
        WeightSource source = mapped(Map.of("x", all));
        assertThat(source.find("x")).contains(ParameterSpec.of("x", 2, 1, 3));
        assertThat(source.tensor("x").floatArray()).containsExactly(2, 4, 6, 3, 5, 7);
    }

    @Test
    void reportsAMappingThatDoesNotFitAsMisshapen() {
        WeightSource source =
                mapped(
                        Map.of(
                                "rows", Mapping.from("in_proj").rows(4, 9),
                                "transposed", Mapping.from("conv").transposed(),
                                "reshaped", Mapping.from("conv").reshaped(3, 3)));
        List<ParameterSpec> declared =
                List.of(
                        ParameterSpec.of("rows", 5, 2),
                        ParameterSpec.of("transposed", 2, 2),
                        ParameterSpec.of("reshaped", 3, 3));
        assertThatThrownBy(() -> source.check(declared, name -> false))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("misshapen (3)")
                .hasMessageContaining("\"rows\" is [6, 2], the model expects [5, 2]")
                .hasMessageContaining("\"reshaped\" is [2, 2, 1, 1], the model expects [3, 3]");
        assertThatThrownBy(() -> source.tensor(declared.get(0)))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("is [6, 2]");
        assertThatThrownBy(() -> source.tensor("reshaped")).isInstanceOf(EllaException.class);
    }
}
