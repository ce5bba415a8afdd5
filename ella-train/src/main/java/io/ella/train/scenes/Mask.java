package io.ella.train.scenes;

import java.util.Arrays;

/** A set of pixels of a square picture. */
final class Mask {
    final int size;
    private final boolean[] pixels;

    Mask(int size, boolean[] pixels) {
        this.size = size;
        this.pixels = pixels;
    }

    boolean at(int x, int y) {
        return x >= 0 && y >= 0 && x < size && y < size && pixels[y * size + x];
    }

    /** The indices {@code y * size + x} of its pixels. */
    int[] indices() {
        int[] indices = new int[area()];
        for (int i = 0, n = 0; i < pixels.length; i++) {
            if (pixels[i]) {
                indices[n++] = i;
            }
        }
        return indices;
    }

    int area() {
        int area = 0;
        for (boolean pixel : pixels) {
            area += pixel ? 1 : 0;
        }
        return area;
    }

    /** Without the pixels that touch, by a side, what is not in it. */
    Mask eroded() {
        boolean[] kept = new boolean[pixels.length];
        for (int i : indices()) {
            int x = i % size;
            int y = i / size;
            kept[i] = at(x - 1, y) && at(x + 1, y) && at(x, y - 1) && at(x, y + 1);
        }
        return new Mask(size, kept);
    }

    /** The connected part, diagonals included, that a pixel belongs to. */
    Mask component(int start) {
        boolean[] part = new boolean[pixels.length];
        int[] stack = new int[pixels.length];
        int top = 0;
        stack[top++] = start;
        part[start] = true;
        while (top > 0) {
            int i = stack[--top];
            for (int dy = -1; dy <= 1; dy++) {
                for (int dx = -1; dx <= 1; dx++) {
                    int x = i % size + dx;
                    int y = i / size + dy;
                    if (at(x, y) && !part[y * size + x]) {
                        part[y * size + x] = true;
                        stack[top++] = y * size + x;
                    }
                }
            }
        }
        return new Mask(size, part);
    }

    /** Those pixels of this mask that are not in the other. */
    Mask without(Mask other) {
        boolean[] rest = Arrays.copyOf(pixels, pixels.length);
        for (int i : other.indices()) {
            rest[i] = false;
        }
        return new Mask(size, rest);
    }
}
