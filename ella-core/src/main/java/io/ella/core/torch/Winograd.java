package io.ella.core.torch;

/**
 * Convolutions 3×3 by fewer products: Winograd's minimal filtering F(4×4, 3×3), which needs a
 * quarter of them, and F(2×2, 3×3), which needs four ninths (Lavin and Gray, <i>Fast Algorithms for
 * Convolutional Neural Networks</i>, 2015, sections 4.1 and 4.2).
 *
 * <p>An image is cut into tiles that overlap by two and give m×m pixels each. A linear map of a
 * tile, and one of the filters, turn convolution into a product for each of the (m + 2)² elements;
 * another linear map makes the pixels of the results. That costs about two bits of precision, hence
 * 32 bits only.
 */
final class Winograd {
    /** How many numbers of each element stay in the cache. */
    private static final int CACHED = 40960;

    /** Products of fewer rows than this are slow. */
    private static final int MIN_TILES = 128;

    /** The filters, {@code [out, in, 3, 3]}, become {@code [(m + 2)², in, out]}. */
    static final String PACK =
            """
              def forward(self: __torch__.Model, x: Tensor, m: int) -> List[Tensor]:
                if torch.eq(m, 4):
                  g = torch.tensor([
                      1/4, 0., 0.,
                      -1/6, -1/6, -1/6,
                      -1/6, 1/6, -1/6,
                      1/24, 1/12, 1/6,
                      1/24, -1/12, 1/6,
                      0., 0., 1.], dtype=6)
                else:
                  g = torch.tensor([
                      1., 0., 0.,
                      1/2, 1/2, 1/2,
                      1/2, -1/2, 1/2,
                      0., 0., 1.], dtype=6)
                map = torch.reshape(g, [torch.add(m, 2), 3])
                filters = torch.reshape(torch.permute(x, [2, 3, 1, 0]), [9, -1])
                u = torch.mm(torch.kron(map, map), filters)
                return [torch.reshape(u, [-1, torch.size(x, 1), torch.size(x, 0)])]
            """;

    /**
     * A convolution of stride 1 and padding 1. It takes as many tiles at a time as stay in the
     * cache with what becomes of them, rows of one image or several small images.
     */
    static final String CONVOLVE =
            """
              def winograd(self: __torch__.Model, x: Tensor, u: Tensor, bias: Optional[Tensor], m: int) -> Tensor:
                mark = ops.profiler._record_function_enter_new("%s", None)
                if torch.eq(m, 4):
                  b = torch.tensor([
                      4., 0., -5., 0., 1., 0.,
                      0., -4., -4., 1., 1., 0.,
                      0., 4., -4., -1., 1., 0.,
                      0., -2., -1., 2., 1., 0.,
                      0., 2., -1., -2., 1., 0.,
                      0., 4., 0., -5., 0., 1.], dtype=6)
                  a = torch.tensor([
                      1., 1., 1., 1., 1., 0.,
                      0., 1., -1., 2., -2., 0.,
                      0., 1., 1., 4., 4., 0.,
                      0., 1., -1., 8., -8., 1.], dtype=6)
                else:
                  b = torch.tensor([
                      1., 0., -1., 0.,
                      0., 1., 1., 0.,
                      0., -1., 1., 0.,
                      0., 1., 0., -1.], dtype=6)
                  a = torch.tensor([
                      1., 1., 1., 0.,
                      0., 1., -1., -1.], dtype=6)
                t = torch.add(m, 2)
                there = torch.reshape(b, [t, t])
                back = torch.reshape(a, [m, t])
                transform = torch.kron(there, there)
                inverse = torch.kron(back, back)
                images = torch.size(x, 0)
                channels = torch.size(x, 1)
                height = torch.size(x, 2)
                width = torch.size(x, 3)
                filters = torch.size(u, 2)
                tall = torch.floordiv(torch.sub(torch.add(height, m), 1), m)
                wide = torch.floordiv(torch.sub(torch.add(width, m), 1), m)
                tiles = ops.prim.max(torch.floordiv(%d, channels), %d)
                rows = ops.prim.min(ops.prim.max(torch.floordiv(tiles, wide), 1), tall)
                count = ops.prim.max(torch.floordiv(tiles, torch.mul(tall, wide)), 1)
                line = torch.mul(torch.add(torch.mul(wide, m), 2), channels)
                right = torch.sub(torch.add(torch.mul(wide, m), 1), width)
                out = torch.empty([images, tall, m, wide, m, filters], dtype=6)
                groups = torch.split(torch.permute(x, [0, 2, 3, 1]), count)
                results = torch.split(out, count)
                for i in range(torch.len(groups)):
                  group = groups[i]
                  n = torch.size(group, 0)
                  parts = torch.split(results[i], rows, 1)
                  for j in range(torch.len(parts)):
                    part = parts[j]
                    r = torch.size(part, 1)
                    first = torch.sub(torch.mul(torch.mul(j, rows), m), 1)
                    last = torch.add(first, torch.add(torch.mul(r, m), 2))
                    top = ops.prim.max(first, 0)
                    bottom = ops.prim.min(last, height)
                    band = torch.narrow(group, 1, top, torch.sub(bottom, top))
                    sides = [0, 0, 1, right, torch.sub(top, first), torch.sub(last, bottom)]
                    padded = torch.contiguous(torch.constant_pad_nd(band, sides))
                    steps = [line, channels, torch.mul(line, torch.sub(last, first)), torch.mul(line, m), torch.mul(channels, m), 1]
                    cut = torch.as_strided(padded, [t, t, n, r, wide, channels], steps)
                    v = torch.mm(transform, torch.reshape(cut, [torch.mul(t, t), -1]))
                    products = torch.bmm(torch.reshape(v, [torch.mul(t, t), -1, channels]), u)
                    y = torch.mm(inverse, torch.reshape(products, [torch.mul(t, t), -1]))
                    block = torch.permute(torch.reshape(y, [m, m, n, r, wide, filters]), [2, 3, 0, 4, 1, 5])
                    if torch.__is__(bias, None):
                      _0 = torch.copy_(part, block)
                    else:
                      _0 = torch.add(block, unchecked_cast(Tensor, bias), out=part)
                all = torch.reshape(out, [images, torch.mul(tall, m), torch.mul(wide, m), filters])
                whole = torch.narrow(torch.narrow(all, 1, 0, height), 2, 0, width)
                _1 = ops.profiler._record_function_exit(mark)
                return torch.permute(whole, [0, 3, 1, 2])
            """
                    .formatted(Profile.CONVOLUTION, CACHED, MIN_TILES);

    private Winograd() {}
}
