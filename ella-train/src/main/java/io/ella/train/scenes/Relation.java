package io.ella.train.scenes;

import org.jspecify.annotations.Nullable;

/**
 * How one object's centroid lies to another's, along the axis on which they are farther apart.
 *
 * <p>Captions state a relation only where it is clear: the greater distance is at least {@value
 * #CLEAR} times the lesser. When a picture is judged, being the greater is enough.
 */
public enum Relation {
    /** The subject is farther left. */
    LEFT_OF,
    /** The subject is farther right. */
    RIGHT_OF,
    /** The subject is nearer to the upper edge. */
    ABOVE,
    /** The subject is nearer to the lower edge. */
    BELOW;

    /** How much one axis has to dominate for a relation to be stated. */
    static final double CLEAR = 1.3;

    /**
     * The clear relation of two objects.
     *
     * @param subject the object that is described
     * @param other the object it is related to
     * @return how the subject lies to the other; null if neither axis dominates
     */
    public static @Nullable Relation between(SceneObject subject, SceneObject other) {
        double dx = subject.x() - other.x();
        double dy = subject.y() - other.y();
        for (Relation relation : values()) {
            if (relation.holds(dx, dy, CLEAR)) {
                return relation;
            }
        }
        return null;
    }

    /** Whether it holds for a subject at (dx, dy) from the other; y grows downwards. */
    boolean holds(double dx, double dy, double dominance) {
        double along =
                switch (this) {
                    case LEFT_OF -> -dx;
                    case RIGHT_OF -> dx;
                    case ABOVE -> -dy;
                    case BELOW -> dy;
                };
        double across = this == LEFT_OF || this == RIGHT_OF ? Math.abs(dy) : Math.abs(dx);
        return along > 0 && along >= dominance * across;
    }

    /**
     * The same relation seen from the other object.
     *
     * @return such as {@link #RIGHT_OF} for {@link #LEFT_OF}
     */
    public Relation inverse() {
        return switch (this) {
            case LEFT_OF -> RIGHT_OF;
            case RIGHT_OF -> LEFT_OF;
            case ABOVE -> BELOW;
            case BELOW -> ABOVE;
        };
    }
}
