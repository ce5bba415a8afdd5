"""Writes tiny-taesd (a small AutoencoderTiny with random weights) and expected-taesd.safetensors (a latent, and what
diffusers decodes of it). Needs torch, diffusers and safetensors."""
import torch
from diffusers import AutoencoderTiny
from safetensors.torch import save_file

torch.manual_seed(7)
torch.set_num_threads(1)
vae = AutoencoderTiny(
    encoder_block_out_channels=(8, 8, 8, 8),
    decoder_block_out_channels=(8, 8, 8, 8),
    num_encoder_blocks=(1, 1, 1, 1),
    num_decoder_blocks=(2, 1, 1, 1),
).eval()
vae.save_pretrained("tiny-taesd")
latent = 2 * torch.randn(2, 4, 5, 6)
with torch.no_grad():
    save_file({"latent": latent, "image": vae.decode(latent).sample.contiguous()}, "expected-taesd.safetensors")
