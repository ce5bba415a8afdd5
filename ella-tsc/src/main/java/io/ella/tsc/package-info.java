/**
 * The Timestep-Aware Semantic Connector: from a language model's features to what a U-Net attends
 * to (Hu et al. 2024, arXiv 2403.05135).
 *
 * <p>Start at {@link io.ella.tsc.TimestepAwareSemanticConnector}: it loads a checkpoint and turns
 * the features of a prompt into queries for every timestep of a schedule at once, and remembers
 * them:
 *
 * <pre>{@code
 * try (Torch torch = Torch.open(Device.CPU);
 *         TimestepAwareSemanticConnector tsc =
 *                 TimestepAwareSemanticConnector.load(torch, checkpoint, Precision.AUTO);
 *         Queries queries = tsc.queries(promptIds, features, schedule.timesteps())) {
 *     Tensor context = queries.at(999); // [1, 64, 768], in place of CLIP's hidden states
 * }
 * }</pre>
 *
 * <p>A {@link io.ella.tsc.TscConfig} says which of the paper's four {@linkplain
 * io.ella.tsc.Connector connectors} it is and how large, comes from a JSON file or from the tensors
 * of a checkpoint, and {@linkplain io.ella.tsc.TscConfig#graph() records} the network.
 *
 * <h2>Parameters</h2>
 *
 * <p>Names are those of the published checkpoint, {@code ella-sd1.5-tsc-t5xl.safetensors}, which is
 * an {@code ADALN}. With W the width, D the input width, C the time channels, E the width of the
 * time embedding and N the number of queries:
 *
 * <ul>
 *   <li>{@code ADALN}: {@code time_embedding.linear_1} [E, C], {@code time_embedding.linear_2} [E,
 *       E], {@code connector.latents} [N, W], {@code connector.time_aware_linear} [W, E], {@code
 *       connector.proj_in} [W, D]; for each block, below {@code connector.perceiver_blocks.i}:
 *       {@code attn.in_proj_weight} [3W, W] and {@code attn.in_proj_bias} (queries, keys, values),
 *       {@code attn.out_proj} [W, W], {@code mlp.c_fc} [4W, W], {@code mlp.c_proj} [W, 4W], and
 *       {@code ln_1.linear}, {@code ln_2.linear}, {@code ln_ff.linear} [2W, E] (shift, scale).
 *   <li>{@code ADALN_ZERO}: the same names; {@code ln_1.linear} and {@code ln_ff.linear} are [3W,
 *       E] (shift, scale, gate).
 *   <li>{@code RESAMPLER}: no {@code time_embedding} and no {@code time_aware_linear}; {@code
 *       ln_1}, {@code ln_2}, {@code ln_ff} are layer norms with {@code weight} and {@code bias}
 *       [W].
 *   <li>{@code MLP}: {@code connector.mlp.c_fc} [W, D] and {@code connector.mlp.c_proj} [W, W],
 *       nothing else.
 * </ul>
 */
@NullMarked
package io.ella.tsc;

import org.jspecify.annotations.NullMarked;
