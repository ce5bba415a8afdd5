package io.ella.unet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ella.core.EllaException;
import io.ella.core.config.Config;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.torch.Device;
import io.ella.core.torch.Tensor;
import io.ella.core.torch.Torch;
import io.ella.core.weights.Checkpoint;
import io.ella.core.weights.Safetensors;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Decoders that may take the place of a model's own. */
class LatentDecoderTest {

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(
                Objects.requireNonNull(LatentDecoderTest.class.getResource("/models/" + name))
                        .toURI());
    }

    @Test
    void aTinyOneDecodesAsDiffusersDoes() throws URISyntaxException {
        Path folder = resource("tiny-taesd");
        LatentDecoder decoder = LatentDecoder.from(Config.read(folder.resolve("config.json")));
        assertThat(decoder.scale()).isEqualTo(8);
        assertThat(decoder.scalingFactor()).isEqualTo(1);
        try (Torch torch = Torch.open(Device.CPU);
                WeightSource weights = Checkpoint.open(folder);
                Safetensors expected = Safetensors.open(resource("expected-taesd.safetensors"))) {
            weights.check(decoder.graph().parameters(), LatentDecoder::isOfEncoder);
            StoredTensor latent = expected.tensor("latent");
            try (Tensor input = torch.tensor(latent.floatArray(), 2, 4, 5, 6)) {
                float[] image =
                        Networks.run(torch, decoder.graph(), weights, List.of(input)).get(0);
                float[] wanted = expected.tensor("image").floatArray();
                assertThat(ConformanceCase.relativeL2("image", image, wanted)).isLessThan(1e-5);
            }
            assertThat(torch.liveTensors()).isZero();
        }
    }

    @Test
    void othersAreRefused() {
        refused("{\"_class_name\": \"VQModel\"}", "VQModel");
        refused(
                """
                {"_class_name": "AutoencoderTiny", "decoder_block_out_channels": [8, 16],
                 "num_decoder_blocks": [1, 1]}
                """,
                "[8, 16]");
        refused(
                """
                {"_class_name": "AutoencoderTiny", "act_fn": "gelu",
                 "decoder_block_out_channels": [8, 8], "num_decoder_blocks": [1, 1]}
                """,
                "act_fn");
    }

    private static void refused(String json, String message) {
        assertThatThrownBy(() -> LatentDecoder.from(Config.parse(json, "config.json")))
                .isInstanceOf(EllaException.class)
                .hasMessageContainingAll("config.json", message);
    }
}
