"""Writes tiny-sdxl (a folder, the same as one file, a LoRA for it) and what the references draw with it.

    HASHWEIGHTS=… ELLA_REFERENCE=… DIFFUSERS_SCRIPTS=… python generate-sdxl.py

Needs torch, transformers and diffusers; HASHWEIGHTS is a folder with hashweights.py of the conformance cases, ELLA_REFERENCE one with
the official model.py, DIFFUSERS_SCRIPTS the folder scripts of diffusers' sources. The tests need none of them.
"""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL, DPMSolverMultistepScheduler, EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel,
)
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer, PreTrainedTokenizerFast, T5EncoderModel,
)

sys.path[:0] = [os.environ["HASHWEIGHTS"], os.environ["ELLA_REFERENCE"]]
from hashweights import fill, weight  # noqa: E402
from model import ELLA  # noqa: E402

torch.set_grad_enabled(False)
HERE = Path(__file__).parent
SEED = 500

# The checkpoint: SDXL's architecture with every width different from every other, weights of 16 bits.

base = HERE / "tiny-sdxl"
shutil.rmtree(base, ignore_errors=True)
base.mkdir()
for name, pad in (("tokenizer", "<|endoftext|>"), ("tokenizer_2", "!")):
    shutil.copytree(HERE / "tiny-sd15/tokenizer", base / name)
    for file in ("special_tokens_map.json", "tokenizer_config.json"):
        settings = json.loads((base / name / file).read_text())
        (base / name / file).write_text(json.dumps(settings | {"pad_token": pad}, indent=1))
tokenizer, tokenizer_2 = (CLIPTokenizer.from_pretrained(base / name) for name in ("tokenizer", "tokenizer_2"))
vocabulary = len(tokenizer)
clip = dict(vocab_size=vocabulary, num_hidden_layers=3, num_attention_heads=4, max_position_embeddings=77, bos_token_id=vocabulary - 2,
            eos_token_id=vocabulary - 1, pad_token_id=1)
text_encoder = fill(CLIPTextModel(CLIPTextConfig(hidden_size=24, intermediate_size=48, hidden_act="quick_gelu", **clip)), SEED)
text_encoder_2 = fill(CLIPTextModelWithProjection(CLIPTextConfig(
    hidden_size=40, intermediate_size=80, hidden_act="gelu", projection_dim=48, **clip)), SEED + 1)
unet = fill(UNet2DConditionModel(
    sample_size=8, block_out_channels=(8, 16, 24), layers_per_block=2, norm_num_groups=8, attention_head_dim=(1, 2, 4),
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), transformer_layers_per_block=(1, 1, 2),
    cross_attention_dim=64, use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=8,
    projection_class_embeddings_input_dim=48 + 6 * 8), SEED + 2)
vae = fill(AutoencoderKL(
    block_out_channels=(8, 8, 8, 16), layers_per_block=2, norm_num_groups=8, latent_channels=4, scaling_factor=0.13025,
    down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4), SEED + 3)
scheduler = EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1, timestep_spacing="leading")
pipe = StableDiffusionXLPipeline(vae, text_encoder, text_encoder_2, tokenizer, tokenizer_2, unet, scheduler, add_watermarker=False)
for part, tokens in (("tokenizer", tokenizer), ("tokenizer_2", tokenizer_2)):
    tokens.save_pretrained = lambda *args, **kwargs: ()  # the files are there, as published repositories have them
pipe.to(torch.float16).save_pretrained(base)
for old in ("tokenizer", "tokenizer_2"):
    assert (base / old / "merges.txt").exists() and not (base / old / "tokenizer.json").exists()

# The same as one file in the original layout. The JSON file beside it says what its names and shapes do not.

single = HERE / "tiny-sdxl-single.safetensors"
command = [sys.executable, os.environ["DIFFUSERS_SCRIPTS"] + "/convert_diffusers_to_original_sdxl.py", "--model_path", str(base), "--checkpoint_path", str(single), "--use_safetensors", "--half"]
subprocess.run(command, check=True)
heads = {"num_attention_heads": 4}
(HERE / "tiny-sdxl-single.json").write_text(json.dumps({
    "unet": {"sample_size": 8, "norm_num_groups": 8, "attention_head_dim": [1, 2, 4], "addition_time_embed_dim": 8},
    "vae": {"norm_num_groups": 8}, "text_encoder": heads, "text_encoder_2": heads}, indent=1) + "\n")

# A LoRA in the format of kohya's scripts, for all three networks.

lora, rank, alpha = {}, 2, 1.5
targets = [
    ("unet", "lora_unet_", "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k"),
    ("unet", "lora_unet_", "mid_block.attentions.0.transformer_blocks.1.ff.net.2"),
    ("text_encoder", "lora_te1_", "text_model.encoder.layers.0.mlp.fc1"),
    ("text_encoder_2", "lora_te2_", "text_model.encoder.layers.1.self_attn.q_proj"),
]


def module(pipe, part, path):
    model = getattr(pipe, part)
    try:
        return model.get_submodule(path)
    except AttributeError:  # some versions of transformers have no text_model before the names
        return model.get_submodule(path.removeprefix("text_model."))


for part, prefix, path in targets:
    rows, columns = module(pipe, part, path).weight.shape
    key = prefix + path.replace(".", "_")
    lora[key + ".lora_down.weight"] = torch.from_numpy(weight(key + ".down", (rank, columns), SEED))
    lora[key + ".lora_up.weight"] = torch.from_numpy(weight(key + ".up", (rows, rank), SEED).reshape(rows, rank))
    lora[key + ".alpha"] = torch.tensor(alpha)
save_file(lora, HERE / "tiny-sdxl-lora.safetensors")

# What is drawn. No negative prompt and an empty one are different things to SDXL.

prompts = json.loads((HERE / "expected.json").read_text())
long = prompts[0]["prompt"]
cases = [
    dict(mode="clip", prompt="a red book and a yellow vase", width=96, height=64, steps=4),
    dict(mode="clip", prompt="a red book and a yellow vase", negative_prompt="", width=96, height=64, steps=4),
    dict(mode="clip", prompt=long, negative_prompt="blurry, low quality", steps=3, scheduler="dpmpp-2m"),
    dict(mode="clip", prompt="a vase", width=64, height=64, steps=3, lora_scale=0.7),
    dict(mode="fixed", prompt=long, width=64, height=96, steps=4),
    dict(mode="fixed", prompt=long, negative_prompt="blurry", width=64, height=64, steps=3),
]


def load():
    return StableDiffusionXLPipeline.from_pretrained(base, torch_dtype=torch.float32, add_watermarker=False)


def generator(case):
    return torch.Generator("cpu").manual_seed(case["seed"])


def plain(case):
    pipe = load()
    if case.get("scheduler") == "dpmpp-2m":
        pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    for part, prefix, path in targets if "lora_scale" in case else ():
        key = prefix + path.replace(".", "_")
        down, up = lora[key + ".lora_down.weight"], lora[key + ".lora_up.weight"]
        module(pipe, part, path).weight += case["lora_scale"] * alpha / rank * (up @ down)
    return pipe(case["prompt"], negative_prompt=case.get("negative_prompt"), num_inference_steps=case["steps"], guidance_scale=case["guidance"],
                width=case.get("width"), height=case.get("height"), generator=generator(case), output_type="pt").images[0]


def ella(case):
    """The connector's queries as context; pooled text as the checkpoint's own pipeline makes it."""
    pipe = load()
    t5 = T5EncoderModel.from_pretrained(HERE / "tiny-t5")
    words = PreTrainedTokenizerFast(tokenizer_file=str(HERE / "tiny-t5/tokenizer.json"), eos_token="</s>", pad_token="<pad>", unk_token="<unk>")
    connector = ELLA(**json.loads((HERE / "ella-tiny.json").read_text())).eval()
    connector.load_state_dict({k: v.float() for k, v in load_file(HERE / "ella-tiny.safetensors").items()})

    def features(text):
        tokens = words(text, return_tensors="pt", padding="max_length", max_length=128, truncation=True)
        return t5(tokens.input_ids, attention_mask=tokens.attention_mask).last_hidden_state

    positive, negative = features(case["prompt"]), features(case.get("negative_prompt") or "")
    _, _, pooled, negative_pooled = pipe.encode_prompt(case["prompt"], negative_prompt=case.get("negative_prompt"))
    size = (case["height"], case["width"])
    times = torch.tensor([[*size, 0, 0, *size]], dtype=torch.float32)
    scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    scheduler.set_timesteps(case["steps"])
    x = torch.randn((1, 4, size[0] // 8, size[1] // 8), generator=generator(case)) * scheduler.init_noise_sigma
    for t in scheduler.timesteps:
        context = torch.cat([connector(negative, t.reshape(1)), connector(positive, t.reshape(1))])
        added = {"text_embeds": torch.cat([negative_pooled, pooled]), "time_ids": torch.cat([times, times])}
        both = scheduler.scale_model_input(torch.cat([x, x]), t)
        without, with_ = pipe.unet(both, t, context, added_cond_kwargs=added).sample.chunk(2)
        x = scheduler.step(without + case["guidance"] * (with_ - without), t, x).prev_sample
    return (pipe.vae.decode(x / pipe.vae.config.scaling_factor).sample / 2 + 0.5).clamp(0, 1)[0]


images = {}
for i, case in enumerate(cases):
    case |= dict(seed=SEED + i, guidance=6.5)
    images[f"image.{i}"] = (plain if case["mode"] == "clip" else ella)(case).contiguous()
save_file(images, HERE / "expected-sdxl.safetensors")
(HERE / "expected-sdxl.json").write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n")
print({k: (tuple(v.shape), round(float(v.mean()), 3), round(float(v.std()), 3)) for k, v in images.items()})
print("0 to 1:", float((images["image.0"] - images["image.1"]).norm() / images["image.1"].norm()))
