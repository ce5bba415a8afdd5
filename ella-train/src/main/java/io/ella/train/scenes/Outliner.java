package io.ella.train.scenes;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Finds the shape whose outline, with the same area and centroid, covers an object best (greatest
 * intersection over union).
 */
final class Outliner {
    /** Samples of an outline along its diameter, and in all along the edge of its grid. */
    private static final int RESOLUTION = 100;

    private static final int GRID = 140;

    private final List<Template> templates = new ArrayList<>();

    /** The outline of a shape on a grid around its centroid. */
    private record Template(Shape shape, BitSet inside) {
        static Template of(Shape shape) {
            java.awt.Shape outline = Outlines.of(shape, GRID / 2.0, GRID / 2.0, RESOLUTION);
            BitSet inside = new BitSet();
            for (int y = 0; y < GRID; y++) {
                for (int x = 0; x < GRID; x++) {
                    inside.set(y * GRID + x, outline.contains(x + 0.5, y + 0.5));
                }
            }
            return new Template(shape, inside);
        }

        /** The area for a diameter of 1. */
        double area() {
            return (double) inside.cardinality() / (RESOLUTION * RESOLUTION);
        }

        /** Whether a point, relative to the centroid in diameters, is inside. */
        boolean contains(double x, double y) {
            int u = (int) Math.floor(x * RESOLUTION + GRID / 2.0);
            int v = (int) Math.floor(y * RESOLUTION + GRID / 2.0);
            return u >= 0 && v >= 0 && u < GRID && v < GRID && inside.get(v * GRID + u);
        }
    }

    /**
     * What fits best.
     *
     * @param shape the shape
     * @param diameter its diameter in pixels
     * @param x of the centroid in pixels from the left edge
     * @param y of the centroid in pixels from the upper edge
     */
    record Outline(Shape shape, double diameter, double x, double y) {}

    Outliner() {
        for (Shape shape : Shape.values()) {
            templates.add(Template.of(shape));
        }
    }

    Outline outline(Mask object) {
        int[] indices = object.indices();
        long sumX = 0;
        long sumY = 0;
        for (int i : indices) {
            sumX += i % object.size;
            sumY += i / object.size;
        }
        double x = (double) sumX / indices.length + 0.5;
        double y = (double) sumY / indices.length + 0.5;
        Outline best = new Outline(Shape.CIRCLE, 0, x, y);
        double bestOverlap = -1;
        for (Template template : templates) {
            double diameter = Math.sqrt(indices.length / template.area());
            double overlap = overlap(object, indices.length, template, diameter, x, y);
            if (overlap > bestOverlap) {
                bestOverlap = overlap;
                best = new Outline(template.shape, diameter, x, y);
            }
        }
        return best;
    }

    private static double overlap(
            Mask object, int area, Template template, double diameter, double x, double y) {
        int reach = (int) Math.ceil(0.7 * diameter);
        int both = 0;
        int templateArea = 0;
        for (int v = (int) y - reach; v <= (int) y + reach; v++) {
            for (int u = (int) x - reach; u <= (int) x + reach; u++) {
                if (template.contains((u + 0.5 - x) / diameter, (v + 0.5 - y) / diameter)) {
                    templateArea++;
                    both += object.at(u, v) ? 1 : 0;
                }
            }
        }
        return (double) both / (area + templateArea - both);
    }
}
