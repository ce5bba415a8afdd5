"""Makes cases.json beside this file: python generate.py (needs torch and diffusers)."""

import inspect
import json
from pathlib import Path

import diffusers
import torch

SD = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)
V, X0 = dict(prediction_type="v_prediction"), dict(prediction_type="sample")
LEADING, TRAILING, LINSPACE = (dict(timestep_spacing=s) for s in ("leading", "trailing", "linspace"))
KARRAS = dict(use_karras_sigmas=True)
COSINE = dict(beta_schedule="squaredcos_cap_v2")
MIN = dict(final_sigmas_type="sigma_min")
PNDM = dict(SD, _class_name="PNDMScheduler", skip_prk_steps=True, set_alpha_to_one=False, clip_sample=False)

DDIM, PLMS = "DDIMScheduler", "PNDMScheduler"
EULER, EULER_A, HEUN = "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "HeunDiscreteScheduler"
DPM, UNIPC, LCM = "DPMSolverMultistepScheduler", "UniPCMultistepScheduler", "LCMScheduler"
SDE = dict(algorithm_type="sde-dpmsolver++")


def order(n):
    return dict(solver_order=n)


# class, steps, start, settings
RUNS = [
    (DDIM, 5, 0, {}),
    (DDIM, 7, 3, SD | LINSPACE | dict(clip_sample=False)),
    (DDIM, 6, 0, SD | X0 | TRAILING | dict(clip_sample_range=1.5)),
    (DDIM, 6, 0, SD | V | TRAILING | dict(rescale_betas_zero_snr=True, clip_sample=False)),
    (DDIM, 6, 0, LEADING | dict(thresholding=True, sample_max_value=1.7, dynamic_thresholding_ratio=0.9)),
    (DDIM, 8, 0, dict(num_train_timesteps=8, trained_betas=[0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3])),
    (PLMS, 1, 0, SD | dict(skip_prk_steps=True)),
    (PLMS, 6, 2, SD | dict(skip_prk_steps=True, set_alpha_to_one=True)),
    (PLMS, 6, 0, SD | V | TRAILING),
    (PLMS, 4, 0, SD | V | LINSPACE),
    (EULER, 1, 0, SD),
    (EULER, 7, 0, SD | V),
    (EULER, 7, 2, SD | V | KARRAS | MIN),
    (EULER, 6, 0, SD | X0 | LEADING | KARRAS | dict(sigma_min=0.1, sigma_max=10.0)),
    (EULER, 6, 0, SD | V | TRAILING | dict(rescale_betas_zero_snr=True)),
    (EULER, 5, 0, SD | dict(interpolation_type="log_linear")),
    (EULER, 5, 0, SD | V | KARRAS | dict(timestep_type="continuous")),
    (EULER_A, 6, 0, SD | LEADING),
    (EULER_A, 6, 3, V),
    (EULER_A, 5, 0, SD | V | LEADING | dict(rescale_betas_zero_snr=True)),
    (HEUN, 5, 0, {}),
    (HEUN, 5, 4, SD | V | TRAILING),
    (HEUN, 5, 0, SD | KARRAS | dict(clip_sample=True, clip_sample_range=2.0)),
    (HEUN, 5, 0, dict(beta_schedule="exp") | LEADING | X0),
    (DPM, 1, 0, SD),
    (DPM, 2, 0, SD | order(3)),
    (DPM, 16, 0, SD | order(3) | KARRAS),
    (DPM, 6, 2, SD | V | dict(solver_type="heun")),
    (DPM, 6, 0, SD | X0 | LEADING | MIN | dict(lower_order_final=False)),
    (DPM, 6, 0, SD | order(1) | TRAILING | KARRAS | MIN),
    (DPM, 6, 0, SD | LEADING | SDE),
    (DPM, 7, 2, SD | LEADING | SDE | order(3) | dict(euler_at_final=True)),
    (DPM, 6, 0, SD | LEADING | SDE | KARRAS | dict(solver_type="heun")),
    (DPM, 6, 0, V | COSINE | KARRAS),
    (DPM, 6, 0, V | COSINE | dict(lambda_min_clipped=-5.1)),
    (DPM, 6, 0, SD | dict(thresholding=True, sample_max_value=1.5)),
    (DPM, 6, 0, SD | V | TRAILING | dict(rescale_betas_zero_snr=True)),
    (DPM, 6, 0, SD | MIN | dict(algorithm_type="deis", solver_type="logrho")),
    (UNIPC, 1, 0, SD),
    (UNIPC, 6, 0, SD | order(3) | LEADING),
    (UNIPC, 16, 5, SD | order(3) | KARRAS),
    (UNIPC, 6, 0, SD | V | TRAILING | dict(disable_corrector=[0, 2])),
    (UNIPC, 6, 0, SD | MIN | order(3) | dict(predict_x0=False, solver_type="bh1")),
    (UNIPC, 6, 0, SD | X0 | KARRAS | MIN | dict(sigma_min=0.1, sigma_max=8.0)),
    (UNIPC, 6, 0, SD | dict(thresholding=True, sample_max_value=1.5)),
    (UNIPC, 6, 0, SD | V | TRAILING | dict(rescale_betas_zero_snr=True)),
    (LCM, 1, 0, {}),
    (LCM, 4, 0, {}),
    (LCM, 6, 2, SD | V | dict(original_inference_steps=100, set_alpha_to_one=False)),
    (LCM, 3, 0, dict(clip_sample=True, timestep_scaling=5.0)),
    (DPM, 6, 0, SD | V | TRAILING | SDE | dict(rescale_betas_zero_snr=True)),
]

NAMES = {
    "ddim": (DDIM, {}),
    "pndm": (PLMS, {}),
    "euler": (EULER, {}),
    "euler-a": (EULER_A, {}),
    "heun": (HEUN, {}),
    "dpmpp-2m": (DPM, {}),
    "dpmpp-2m-karras": (DPM, KARRAS),
    "dpmpp-3m": (DPM, order(3)),
    "unipc": (UNIPC, {}),
    "lcm": (LCM, {}),
    "dpmpp-2m-sde": (DPM, SDE),
}
BASES = [
    PNDM,
    dict(SD | V | TRAILING | KARRAS | MIN | order(3), _class_name=UNIPC, solver_type="bh1", sigma_min=0.05),
    dict(TRAILING, _class_name=EULER, use_karras_sigmas=None, sigma_max=12.0, sigma_min=None),
]


def pattern(seed):
    return torch.tensor([(i * 37 + seed * 11) % 101 - 50 for i in range(24)], dtype=torch.float32).reshape(1, 2, 3, 4) / 25


def values(tensor):
    return [float(f"{v:.8g}") for v in tensor.flatten().tolist()]


def run(s, case):
    s.set_timesteps(case["steps"])
    start = case["start"]
    if start:
        x = s.add_noise(pattern(2), pattern(1), s.timesteps[start : start + 1])
    else:
        x = pattern(1) * s.init_noise_sigma
    case["timesteps"] = [float(t) for t in s.timesteps]
    if hasattr(s, "sigmas"):
        case["sigmas"] = values(s.sigmas)
    case["init"] = float(s.init_noise_sigma)
    if hasattr(s, "set_begin_index"):
        s.set_begin_index(start)
    more = {}
    if "generator" in inspect.signature(s.step).parameters:
        more["generator"] = torch.Generator("cpu").manual_seed(case["seed"])
    for i, t in enumerate(s.timesteps[start:]):
        eps = torch.sin(3 * s.scale_model_input(x, t) + float(t) / 400) / (1 + i / 10)
        step = s.step(eps, t, x, **more)
        x = step.prev_sample
        if i == 0:
            case["first"] = values(x)
            original = getattr(step, "pred_original_sample", getattr(step, "denoised", None))
            if original is not None:
                case["original"] = values(original)
    assert torch.isfinite(x).all(), case
    case["last"] = values(x)
    return case


def main():
    cases = []
    for name, steps, start, settings in RUNS:
        s = getattr(diffusers, name).from_config(settings)
        cases.append(run(s, dict(config=dict(settings, _class_name=name), steps=steps, start=start, seed=len(cases))))
    for config in BASES:
        known = {k: v for k, v in config.items() if (k, v) != ("use_karras_sigmas", None)}  # diffusers cannot add None
        base = getattr(diffusers, config["_class_name"]).from_config(known)
        for label, (name, overrides) in NAMES.items():
            s = getattr(diffusers, name).from_config(base.config, **overrides)
            case = {"config": config, "as": label, "steps": 5, "start": 0, "seed": len(cases)}
            cases.append(run(s, case))
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    Path(__file__).with_name("cases.json").write_text('{"cases":[\n' + lines + "\n]}\n")


main()
