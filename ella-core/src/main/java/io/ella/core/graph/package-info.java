/**
 * Models as recorded graphs.
 *
 * <p>A model is a plain Java class whose {@code forward} runs once, on symbolic {@link
 * io.ella.core.graph.Value}s. Each operation checks its operands, infers the shape of its result
 * and notes itself; {@link io.ella.core.graph.Graph#record} collects what was noted:
 *
 * <pre>{@code
 * Graph graph = Graph.record("mlp", g -> {
 *     Params p = g.params();
 *     Value x = g.input("x", Dim.symbol("B"), Dim.of(16));
 *     g.output("y", x.linear(p.at("fc1"), 64).silu().linear(p.at("fc2"), 16));
 * });
 * graph.parameters();                  // fc1.weight [64, 16], fc1.bias [64], …
 * graph.flops(Map.of("B", 2L));        // multiplications and additions
 * }</pre>
 *
 * <p>A graph knows nothing of devices, precisions or DJL: {@code io.ella.core.torch} lowers it for
 * a target. Sizes may be symbols ({@link io.ella.core.graph.Dim}), so that one graph serves every
 * image size, batch and prompt length.
 */
@NullMarked
package io.ella.core.graph;

import org.jspecify.annotations.NullMarked;
