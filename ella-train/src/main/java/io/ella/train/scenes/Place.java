package io.ella.train.scenes;

/** Where in the picture an object's centroid is: a cell of three by three equal ones. */
public enum Place {
    /** First row, first column. */
    TOP_LEFT(0, 0),
    /** First row, second column. */
    TOP(0, 1),
    /** First row, third column. */
    TOP_RIGHT(0, 2),
    /** Second row, first column. */
    LEFT(1, 0),
    /** The middle. */
    CENTER(1, 1),
    /** Second row, third column. */
    RIGHT(1, 2),
    /** Third row, first column. */
    BOTTOM_LEFT(2, 0),
    /** Third row, second column. */
    BOTTOM(2, 1),
    /** Third row, third column. */
    BOTTOM_RIGHT(2, 2);

    private final int row;
    private final int column;

    Place(int row, int column) {
        this.row = row;
        this.column = column;
    }

    /**
     * The place of a point.
     *
     * @param x from the left edge (0) to the right edge (1)
     * @param y from the upper edge (0) to the lower edge (1)
     * @return its cell; of the outermost ones for points outside the picture
     */
    public static Place of(double x, double y) {
        for (Place place : values()) {
            if (place.row == third(y) && place.column == third(x)) {
                return place;
            }
        }
        throw new AssertionError("(" + x + ", " + y + ")");
    }

    private static int third(double fraction) {
        return (int) Math.min(2, Math.max(0, Math.floor(3 * fraction)));
    }

    int row() {
        return row;
    }

    int column() {
        return column;
    }
}
