package io.ella.train.scenes;

/**
 * One object of a scene. Coordinates are fractions of the picture's edge, from its upper left
 * corner.
 *
 * @param shape its outline
 * @param colour its colour
 * @param size its size
 * @param texture its filling
 * @param x of its centroid
 * @param y of its centroid
 */
public record SceneObject(
        Shape shape, Colour colour, Size size, Texture texture, double x, double y) {

    /**
     * Where it is.
     *
     * @return the cell of its centroid
     */
    public Place place() {
        return Place.of(x, y);
    }
}
