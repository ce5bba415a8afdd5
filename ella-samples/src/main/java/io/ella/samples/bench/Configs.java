package io.ella.samples.bench;

/**
 * The published configurations of full size, and a small one; what is left out has diffusers'
 * default.
 */
final class Configs {
    static final String SD15 =
            """
            {"sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8}
            """;

    /** The small world's. */
    static final String SMALL_UNET =
            """
            {
              "sample_size": 16, "cross_attention_dim": 128, "attention_head_dim": 4,
              "block_out_channels": [64, 128, 192], "layers_per_block": 1,
              "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
              "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"]
            }
            """;

    static final String SDXL =
            """
            {
              "sample_size": 128,
              "cross_attention_dim": 2048,
              "block_out_channels": [320, 640, 1280],
              "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
              "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
              "transformer_layers_per_block": [1, 2, 10],
              "attention_head_dim": [5, 10, 20],
              "use_linear_projection": true,
              "addition_embed_type": "text_time",
              "addition_time_embed_dim": 256,
              "projection_class_embeddings_input_dim": 2816
            }
            """;

    static final String VAE =
            """
            {
              "block_out_channels": [128, 256, 512, 512],
              "down_block_types": [
                "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D",
                "DownEncoderBlock2D"
              ],
              "layers_per_block": 2, "sample_size": 512,
              "up_block_types": [
                "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"
              ]
            }
            """;

    static final String T5_XL =
            """
            {
              "d_model": 2048, "d_kv": 64, "d_ff": 5120, "num_layers": 24, "num_heads": 32,
              "feed_forward_proj": "gated-gelu"
            }
            """;

    static final String CLIP_L =
            """
            {
              "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
              "num_attention_heads": 12
            }
            """;

    static final String CLIP_BIG_G =
            """
            {
              "hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32,
              "num_attention_heads": 20, "hidden_act": "gelu", "projection_dim": 1280,
              "architectures": ["CLIPTextModelWithProjection"]
            }
            """;

    private Configs() {}
}
