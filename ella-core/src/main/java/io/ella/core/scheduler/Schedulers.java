package io.ella.core.scheduler;

import io.ella.core.EllaException;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The schedulers that can be asked for by name.
 *
 * <p>{@link #from} is {@code OtherScheduler.from_config(scheduler.config)} of diffusers: the noise
 * schedule and all else that both classes know carries over, but for what the name says; the rest
 * takes the class's defaults.
 */
public enum Schedulers {
    /** Denoising diffusion implicit models, deterministic (η = 0). Song et al. 2020. */
    DDIM("ddim", "DDIMScheduler"),
    /** Pseudo numerical methods (PLMS, with or without Runge–Kutta start). Liu et al. 2022. */
    PNDM("pndm", "PNDMScheduler"),
    /** Euler's method on the probability flow ODE. Karras et al. 2022, algorithm 2. */
    EULER("euler", "EulerDiscreteScheduler"),
    /** Euler's method with fresh noise after every step. */
    EULER_A("euler-a", "EulerAncestralDiscreteScheduler"),
    /** Heun's second order method; 2n−1 model calls for n steps. Karras et al. 2022. */
    HEUN("heun", "HeunDiscreteScheduler"),
    /**
     * DPM-Solver++ multistep, deterministic, second order unless the configuration says otherwise.
     * Lu 2022.
     */
    DPMPP_2M("dpmpp-2m", "DPMSolverMultistepScheduler"),
    /** {@link #DPMPP_2M} with the noise levels of Karras et al. 2022. */
    DPMPP_2M_KARRAS("dpmpp-2m-karras", "DPMSolverMultistepScheduler"),
    /** {@link #DPMPP_2M} as a stochastic differential equation: fresh noise after every step. */
    DPMPP_2M_SDE("dpmpp-2m-sde", "DPMSolverMultistepScheduler"),
    /** {@link #DPMPP_2M} at the timesteps that Sabour et al. 2024 found best for SD1.5, of ten. */
    DPMPP_2M_AYS("dpmpp-2m-ays", "DPMSolverMultistepScheduler"),
    /** {@link #DPMPP_2M_AYS} with the timesteps for SDXL. */
    DPMPP_2M_AYS_XL("dpmpp-2m-ays-xl", "DPMSolverMultistepScheduler"),
    /** DPM-Solver++ multistep of third order. */
    DPMPP_3M("dpmpp-3m", "DPMSolverMultistepScheduler"),
    /** UniPC predictor and corrector. Zhao et al. 2023. */
    UNIPC("unipc", "UniPCMultistepScheduler"),
    /** Latent consistency models, 1 to 8 steps with a model distilled for it. Luo et al. 2023. */
    LCM("lcm", "LCMScheduler");

    private final String label;
    private final String className;

    Schedulers(String label, String className) {
        this.label = label;
        this.className = className;
    }

    /** {@return the name on the command line, such as {@code dpmpp-2m-karras}} */
    public String label() {
        return label;
    }

    /**
     * Makes this scheduler from the configuration of any other.
     *
     * @param base the configuration that the model was trained with
     * @return the scheduler
     * @throws EllaException if a value is malformed or not supported; the message names the key
     */
    public Scheduler from(SchedulerConfig base) {
        SchedulerConfig ode = base.with("algorithm_type", "dpmsolver++");
        SchedulerConfig config =
                switch (this) {
                    case DPMPP_2M -> ode;
                    case DPMPP_2M_KARRAS -> ode.with("use_karras_sigmas", true);
                    case DPMPP_2M_SDE -> base.with("algorithm_type", "sde-dpmsolver++");
                    case DPMPP_2M_AYS -> ode.with(AlignedSteps.KEY, AlignedSteps.SD15);
                    case DPMPP_2M_AYS_XL -> ode.with(AlignedSteps.KEY, AlignedSteps.SDXL);
                    case DPMPP_3M -> ode.with("solver_order", 3);
                    default -> base;
                };
        return fromConfig(config.withClassName(className));
    }

    /**
     * Makes the DPM-Solver++ that a configuration asks for, whatever class it is of: {@link
     * #DPMPP_2M}, or {@link #DPMPP_2M_SDE} where its {@code algorithm_type} says so.
     *
     * @param base the configuration that the model was trained with
     * @return the scheduler
     * @throws EllaException if a value is malformed or not supported; the message names the key
     */
    public static Scheduler dpmSolver(SchedulerConfig base) {
        return fromConfig(base.withClassName(DPMPP_2M.className));
    }

    /**
     * Makes the scheduler that a configuration names in {@code _class_name}.
     *
     * @param config the configuration
     * @return the scheduler
     * @throws EllaException if there is no such scheduler here, or a value is malformed or not
     *     supported; the message names the key
     */
    public static Scheduler fromConfig(SchedulerConfig config) {
        String name = config.className();
        return switch (name) {
            case "DDIMScheduler" -> new DdimScheduler(config);
            case "PNDMScheduler" -> new PndmScheduler(config);
            case "EulerDiscreteScheduler" -> new EulerDiscreteScheduler(config);
            case "EulerAncestralDiscreteScheduler" -> new EulerAncestralDiscreteScheduler(config);
            case "HeunDiscreteScheduler" -> new HeunDiscreteScheduler(config);
            case "DPMSolverMultistepScheduler" -> new DpmSolverMultistepScheduler(config);
            case "UniPCMultistepScheduler" -> new UniPcMultistepScheduler(config);
            case "LCMScheduler" -> new LcmScheduler(config);
            default ->
                    throw new EllaException(
                            "There is no scheduler "
                                    + name
                                    + " here, only "
                                    + Arrays.stream(values())
                                            .map(s -> s.className)
                                            .distinct()
                                            .collect(Collectors.joining(", "))
                                    + ". Choose one by name: "
                                    + labels()
                                    + ".");
        };
    }

    /**
     * {@return the scheduler of a name}
     *
     * @param label the name on the command line, such as {@code euler-a}
     * @throws EllaException if there is none of that name; the message lists the names
     */
    public static Schedulers named(String label) {
        return Arrays.stream(values())
                .filter(s -> s.label.equals(label))
                .findFirst()
                .orElseThrow(
                        () ->
                                new EllaException(
                                        "There is no scheduler \""
                                                + label
                                                + "\". The names are: "
                                                + labels()
                                                + "."));
    }

    private static String labels() {
        return Arrays.stream(values()).map(Schedulers::label).collect(Collectors.joining(", "));
    }
}
