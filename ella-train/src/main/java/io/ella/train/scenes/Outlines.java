package io.ella.train.scenes;

import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The outlines of the shapes: the centroid at the origin, for a diameter of 1. */
final class Outlines {
    private static final double SQUARE_SIDE = 0.9;
    private static final double TRIANGLE_RADIUS = 0.62;
    private static final double STAR_RADIUS = 0.58;

    /** Fatter than a pentagram (0.38), so that small stars can carry a texture. */
    private static final double STAR_INNER_RADIUS = 0.5 * STAR_RADIUS;

    private static final double CROSS_ARM = 0.36;
    private static final double RING_HOLE = 0.44;

    private static final Map<Shape, Path2D> UNIT =
            Arrays.stream(Shape.values())
                    .collect(Collectors.toMap(Function.identity(), Outlines::unit));

    private Outlines() {}

    static java.awt.Shape of(Shape shape, double x, double y, double diameter) {
        AffineTransform transform = AffineTransform.getTranslateInstance(x, y);
        transform.scale(diameter, diameter);
        return transform.createTransformedShape(outline(shape));
    }

    /** An object's, in a picture of so wide an edge. */
    static java.awt.Shape of(SceneObject object, double edge) {
        return of(
                object.shape(),
                object.x() * edge,
                object.y() * edge,
                object.size().diameter() * edge);
    }

    /** The bounding box for a diameter of 1. */
    static Rectangle2D bounds(Shape shape) {
        return outline(shape).getBounds2D();
    }

    private static Path2D outline(Shape shape) {
        return Objects.requireNonNull(UNIT.get(shape));
    }

    private static Path2D unit(Shape shape) {
        Path2D path = new Path2D.Double(Path2D.WIND_EVEN_ODD);
        switch (shape) {
            case CIRCLE -> path.append(circle(1), false);
            case RING -> {
                path.append(circle(1), false);
                path.append(circle(RING_HOLE), false);
            }
            case SQUARE ->
                    path.append(
                            new Rectangle2D.Double(
                                    -SQUARE_SIDE / 2, -SQUARE_SIDE / 2, SQUARE_SIDE, SQUARE_SIDE),
                            false);
            case TRIANGLE -> polygon(path, TRIANGLE_RADIUS, TRIANGLE_RADIUS, 3);
            case STAR -> polygon(path, STAR_RADIUS, STAR_INNER_RADIUS, 10);
            case CROSS -> {
                double a = CROSS_ARM / 2;
                double[] xs = {-a, a, a, 0.5, 0.5, a, a, -a, -a, -0.5, -0.5, -a};
                double[] ys = {-0.5, -0.5, -a, -a, a, a, 0.5, 0.5, a, a, -a, -a};
                path.moveTo(xs[0], ys[0]);
                for (int i = 1; i < xs.length; i++) {
                    path.lineTo(xs[i], ys[i]);
                }
                path.closePath();
            }
        }
        return path;
    }

    private static Ellipse2D circle(double diameter) {
        return new Ellipse2D.Double(-diameter / 2, -diameter / 2, diameter, diameter);
    }

    /** A polygon whose corners alternate between two radii, the first corner up. */
    private static void polygon(Path2D path, double even, double odd, int corners) {
        for (int i = 0; i < corners; i++) {
            double radius = i % 2 == 0 ? even : odd;
            double angle = 2 * Math.PI * i / corners;
            double x = radius * Math.sin(angle);
            double y = -radius * Math.cos(angle);
            if (i == 0) {
                path.moveTo(x, y);
            } else {
                path.lineTo(x, y);
            }
        }
        path.closePath();
    }
}
