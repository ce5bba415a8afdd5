package io.ella.core.scheduler;

/** A schedule of whole training timesteps, noised by ᾱ alone: that of DDIM, PNDM and LCM. */
abstract class AlphaSchedule extends TableSchedule {
    private final NoiseSchedule training;
    private final float finalAlphaCumprod;

    AlphaSchedule(
            Settings settings, NoiseSchedule training, boolean alphaToOne, double[] timesteps) {
        super(timesteps, new float[0], 1);
        this.training = training;
        finalAlphaCumprod =
                settings.flag("set_alpha_to_one", alphaToOne) ? 1 : training.alphaCumprod(0);
        for (double t : timesteps) {
            if (t >= training.length()) {
                throw settings.bad(
                        "steps_offset",
                        "less: the first timestep is "
                                + (long) t
                                + ", num_train_timesteps is "
                                + training.length());
            }
        }
    }

    /** ᾱ at a timestep; past the last one, what {@code set_alpha_to_one} says. */
    final float alphaCumprod(int timestep) {
        return timestep >= 0 ? training.alphaCumprod(timestep) : finalAlphaCumprod;
    }

    /** Refuses a division by ᾱ = 0, which {@code rescale_betas_zero_snr} leads to. */
    final void checkDivisible(Settings settings, Prediction prediction, Limits limits, int first) {
        int timestep = (int) timesteps[first];
        if (prediction == Prediction.EPSILON
                && !limits.clips()
                && training.alphaCumprod(timestep) == 0) {
            throw settings.bad(
                    "prediction_type",
                    "v_prediction or sample: there is no signal left at timestep "
                            + timestep
                            + " to divide by");
        }
    }

    @Override
    final float cleanScale(int index) {
        return Floats.sqrt(training.alphaCumprod((int) timesteps[index]));
    }

    @Override
    final float noiseScale(int index) {
        return Floats.sqrt(1 - training.alphaCumprod((int) timesteps[index]));
    }
}
