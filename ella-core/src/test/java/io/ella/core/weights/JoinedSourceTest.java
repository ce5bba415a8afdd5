package io.ella.core.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.graph.ParameterSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sources under other names: joined and renamed. */
class JoinedSourceTest {
    @TempDir private Path folder;

    private WeightSource stored(String file, String name, float... values) {
        Path path = folder.resolve(file);
        Safetensors.write(path, Map.of(), List.of(StoredTensor.of(name, values, values.length)));
        return Safetensors.open(path);
    }

    @Test
    void eachModelIsBelowItsName() {
        WeightSource joined =
                WeightSource.joined(
                        Map.of(
                                "unet",
                                stored("a.safetensors", "conv.weight", 1, 2),
                                "tsc",
                                stored("b.safetensors", "conv.weight", 3)));
        assertThat(joined.names()).containsExactlyInAnyOrder("unet.conv.weight", "tsc.conv.weight");
        assertThat(joined.find("unet.conv.weight"))
                .contains(new ParameterSpec("unet.conv.weight", List.of(2L)));
        assertThat(joined.find("unet.other")).isEmpty();
        assertThat(joined.find("vae.conv.weight")).isEmpty();
        StoredTensor tensor = joined.tensor("tsc.conv.weight");
        assertThat(tensor.name()).isEqualTo("tsc.conv.weight");
        assertThat(tensor.floatArray()).containsExactly(3);
        assertThat(joined.description()).contains("a.safetensors").contains("b.safetensors");
        joined.close();
    }

    @Test
    void whatBelongsToNoModelOrIsMissingIsNamed() {
        WeightSource joined =
                WeightSource.joined(Map.of("unet", stored("a.safetensors", "conv.weight", 1)));
        assertThatThrownBy(() -> joined.tensor("vae.conv.weight"))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("vae.conv.weight")
                .hasMessageContaining("unet");
        assertThatThrownBy(() -> joined.tensor("unet.absent"))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("absent");
        assertThatThrownBy(() -> joined.tensor("nodot")).isInstanceOf(EllaException.class);
        assertThatThrownBy(() -> joined.tensor(new ParameterSpec("unet.conv.weight", List.of(5L))))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("[5]");
    }

    @Test
    void aRenamedSourceIsAskedByOtherNames() {
        WeightSource renamed =
                stored("a.safetensors", "ema.unet.conv.weight", 1, 2)
                        .renamed(name -> "ema.unet." + name);
        assertThat(renamed.names()).containsExactly("ema.unet.conv.weight");
        assertThat(renamed.find("conv.weight"))
                .contains(new ParameterSpec("conv.weight", List.of(2L)));
        StoredTensor tensor = renamed.tensor("conv.weight");
        assertThat(tensor.name()).isEqualTo("conv.weight");
        assertThat(tensor.floatArray()).containsExactly(1, 2);
        assertThat(renamed.find("absent")).isEmpty();
        assertThatThrownBy(() -> renamed.tensor("absent")).isInstanceOf(EllaException.class);
    }

    @Test
    void aComputedSourceUnderOtherNamesComputesThose() {
        ParameterSpec spec = new ParameterSpec("conv.weight", List.of(3L, 2L));
        WeightSource renamed = new HashWeights(1).renamed(name -> "unet." + name);
        ParameterSpec inner = new ParameterSpec("unet.conv.weight", spec.shape());
        assertThat(renamed.tensor(spec).floatArray())
                .isEqualTo(new HashWeights(1).tensor(inner).floatArray());
    }
}
