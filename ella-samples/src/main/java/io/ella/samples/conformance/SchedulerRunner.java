package io.ella.samples.conformance;

import io.ella.core.EllaException;
import io.ella.core.conformance.ConformanceCase;
import io.ella.core.scheduler.Sampler;
import io.ella.core.scheduler.Schedule;
import io.ella.core.scheduler.SchedulerConfig;
import io.ella.core.scheduler.Schedulers;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A scheduler with a stand-in for the model: {@code timesteps}, {@code sigmas}, {@code sample.i}.
 */
final class SchedulerRunner implements CaseRunner {
    @Override
    public Map<String, float[]> run(ConformanceCase given, Workbench workbench) {
        SchedulerConfig config = SchedulerConfig.fromJson(given.config().toString());
        int steps = given.args().integer("steps");
        int start = given.args().integer("start", 0);
        Schedule schedule = Schedulers.fromConfig(config).schedule(steps);
        double[] timesteps = schedule.timesteps();
        if (start < 0 || start >= timesteps.length) {
            throw new EllaException(
                    "the run starts at step %d of %d".formatted(start, timesteps.length));
        }
        Map<String, float[]> results = new LinkedHashMap<>();
        results.put("timesteps", floats(timesteps));
        results.put("sigmas", floats(schedule.sigmas()));

        float[] sample = given.in("noise").floatArray();
        if (start > 0) {
            float[] clean = given.in("clean").floatArray();
            sample = schedule.addNoise(clean, sample, noiseIndex(timesteps, start));
        } else {
            for (int i = 0; i < sample.length; i++) {
                sample[i] *= (float) schedule.initNoiseSigma();
            }
        }
        Sampler sampler = schedule.start(start, SchedulerRunner::refuseNoise);
        for (int i = 0; start + i < timesteps.length; i++) {
            float[] input = sampler.scaleModelInput(sample);
            sample = sampler.step(answer(input, timesteps[start + i], i), sample);
            results.put("sample." + i, sample);
        }
        return results;
    }

    /** The stand-in: sin(3·x̂ + t/400) / (1 + i/10). */
    private static float[] answer(float[] input, double timestep, int step) {
        float shift = (float) (timestep / 400);
        float divisor = (float) (1 + step / 10.0);
        float[] output = new float[input.length];
        for (int i = 0; i < output.length; i++) {
            output[i] = (float) Math.sin(3 * input[i] + shift) / divisor;
        }
        return output;
    }

    /** Of several calls at one timestep, the reference takes the noise level of the second. */
    private static int noiseIndex(double[] timesteps, int start) {
        int first = -1;
        for (int i = 0; i < timesteps.length; i++) {
            if (timesteps[i] == timesteps[start]) {
                if (first >= 0) {
                    return i;
                }
                first = i;
            }
        }
        return first;
    }

    private static float[] refuseNoise(int count) {
        throw new EllaException("the scheduler draws noise, of which the case says nothing");
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
