"""What a Python user would run for a picture with ELLA on a CPU: the authors' code on diffusers and transformers, in fp32.

    git clone https://github.com/TencentQQGYLab/ELLA
    python peer_ella.py ELLA CHECKPOINT [--dtype float32|bfloat16] [--steps 25] [--size 512] [--guidance 12] [--count 1]

CHECKPOINT is a folder written by `ella bench-checkpoint CHECKPOINT`. Needs torch, diffusers and transformers; CLIP, which the
authors' script loads and does not use for ELLA's picture, and the autoencoder's encoder are left out, to the peer's favour. Prints one JSON line with the
seconds of loading, of the picture, and of all from the start of the process to the PNG, and the peak of the process's memory.
"""
import time

start = time.perf_counter()

import argparse
import json
import resource
import sys
import tempfile
import types

import torch
from diffusers import AutoencoderKL, DPMSolverMultistepScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import PreTrainedTokenizerFast

parser = argparse.ArgumentParser()
parser.add_argument("ella")
parser.add_argument("checkpoint")
parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
parser.add_argument("--steps", type=int, default=25)
parser.add_argument("--size", type=int, default=512)
parser.add_argument("--guidance", type=float, default=12)
parser.add_argument("--count", type=int, default=1)
args = parser.parse_args()
dtype = getattr(torch, args.dtype)

# The authors' script imports what only its demo and its command line need.
for name in ("gradio", "fire", "torchvision", "torchvision.utils"):
    sys.modules.setdefault(name, types.ModuleType(name))
sys.modules["torchvision.utils"].save_image = None
sys.path.insert(0, args.ella)
import model

model.T5Tokenizer = PreTrainedTokenizerFast  # the checkpoint's tokenizer has no SentencePiece file
import inference

unet = UNet2DConditionModel.from_pretrained(args.checkpoint, subfolder="unet", torch_dtype=dtype)
vae = AutoencoderKL.from_pretrained(args.checkpoint, subfolder="vae", torch_dtype=dtype, low_cpu_mem_usage=False)
vae.encoder = None
scheduler = DPMSolverMultistepScheduler.from_pretrained(args.checkpoint, subfolder="scheduler")
pipe = StableDiffusionPipeline(
    vae=vae,
    text_encoder=None,
    tokenizer=None,
    unet=unet,
    scheduler=scheduler,
    safety_checker=None,
    feature_extractor=None,
    requires_safety_checker=False,
)
pipe.set_progress_bar_config(disable=True)
connector = inference.load_ella(f"{args.checkpoint}/ella.safetensors", "cpu", dtype)
t5 = model.T5TextEmbedder(f"{args.checkpoint}/ella_text_encoder").to("cpu", dtype=dtype)
inference.load_ella_for_pipe(pipe, connector)
loaded = time.perf_counter()

prompt = (
    "a vivid red book with a smooth, matte cover lies next to a glossy yellow vase. the vase, with a slightly curved silhouette, "
    "stands on a dark wood table with a noticeable grain pattern."
)
with torch.inference_mode():
    images = inference.generate_image_with_fixed_max_length(
        pipe,
        t5,
        [prompt] * args.count,
        guidance_scale=args.guidance,
        num_inference_steps=args.steps,
        height=args.size,
        width=args.size,
        generator=[torch.Generator().manual_seed(1001 + i) for i in range(args.count)],
        output_type="pil",
    )
with tempfile.TemporaryDirectory() as folder:
    for i, image in enumerate(images):
        image.save(f"{folder}/{i}.png")
done = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
seconds = {"load": round(loaded - start, 2), "picture": round(done - loaded, 2), "total": round(done - start, 2)}
print(json.dumps({"seconds": seconds, "peakBytes": peak}))
