package io.ella.core.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ella.core.EllaException;
import org.junit.jupiter.api.Test;

/** Against {@code add_noise} and {@code get_velocity} of diffusers' {@code DDPMScheduler}. */
class ForwardProcessTest {
    private static final String SD =
            "\"beta_schedule\": \"scaled_linear\", \"beta_start\": 0.00085, \"beta_end\": 0.012";
    private static final float[] CLEAN = {0.5f, -1.25f, 2, 0.1f};
    private static final float[] NOISE = {1.5f, 0.25f, -0.75f, -2};

    private static ForwardProcess process(String settings) {
        return new ForwardProcess(SchedulerConfig.fromJson("{" + settings + "}"));
    }

    private static void assertDiffused(
            ForwardProcess process, int timestep, float[] sample, float[] target) {
        float[] batch = {9, 9, 9, 9, 0, 0, 0, 0};
        float[] noises = batch.clone();
        System.arraycopy(CLEAN, 0, batch, 4, 4);
        System.arraycopy(NOISE, 0, noises, 4, 4);
        process.diffuse(batch, noises, 4, 4, timestep);
        for (int i = 0; i < 4; i++) {
            assertThat(batch[i]).isEqualTo(9);
            assertThat(batch[4 + i]).isCloseTo(sample[i], within(1e-6f));
            assertThat(noises[4 + i]).isCloseTo(target[i], within(1e-6f));
        }
    }

    @Test
    void stableDiffusionPredictsTheNoise() {
        ForwardProcess process = process(SD);
        assertThat(process.timesteps()).isEqualTo(1000);
        assertDiffused(
                process,
                0,
                new float[] {0.54352015f, -1.2421798f, 1.9772835f, 0.041647222f},
                NOISE);
        assertDiffused(
                process,
                499,
                new float[] {1.5383222f, -0.4462043f, 0.41646177f, -1.6471063f},
                NOISE);
        assertDiffused(
                process,
                999,
                new float[] {1.5306333f, 0.1640857f, -0.6117207f, -1.9885081f},
                NOISE);
    }

    @Test
    void theDefaultsAreThoseOfDdpm() {
        assertDiffused(
                process(""),
                499,
                new float[] {1.5800208f, -0.11044206f, -0.15925854f, -1.8917716f},
                NOISE);
    }

    @Test
    void theVelocityAlsoWhereTheLastStepIsNoiseAlone() {
        String prediction = ", \"prediction_type\": \"v_prediction\"";
        assertDiffused(
                process(SD + prediction),
                499,
                new float[] {1.5383222f, -0.4462043f, 0.41646177f, -1.6471063f},
                new float[] {0.36546513f, 1.1941113f, -2.0950084f, -1.138877f});
        ForwardProcess rescaled = process(SD + prediction + ", \"rescale_betas_zero_snr\": true");
        assertDiffused(
                rescaled,
                1,
                new float[] {0.5626029f, -1.238388f, 1.966710f, 0.015852064f},
                new float[] {1.4776596f, 0.3023163f, -0.83339685f, -2.0024357f});
        assertDiffused(
                rescaled,
                499,
                new float[] {1.5517886f, -0.3977682f, 0.33178008f, -1.6916215f},
                new float[] {0.3032367f, 1.2111071f, -2.1100764f, -1.071642f});
        assertDiffused(rescaled, 999, NOISE, new float[] {-0.5f, 1.25f, -2, -0.1f});
    }

    @Test
    void theSampleItself() {
        assertDiffused(
                process(SD + ", \"prediction_type\": \"sample\""),
                999,
                new float[] {1.5306333f, 0.1640857f, -0.6117207f, -1.9885081f},
                CLEAN);
    }

    @Test
    void otherTimestepsAreRefused() {
        ForwardProcess process = process(SD);
        assertThatThrownBy(() -> process.diffuse(new float[1], new float[1], 0, 1, 1000))
                .isInstanceOf(EllaException.class)
                .hasMessageContaining("1000");
        assertThatThrownBy(() -> process.diffuse(new float[1], new float[1], 0, 1, -1))
                .isInstanceOf(EllaException.class);
    }
}
