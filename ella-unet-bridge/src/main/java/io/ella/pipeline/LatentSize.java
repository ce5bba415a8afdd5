package io.ella.pipeline;

/**
 * The size of an image, counted in latent positions.
 *
 * @param height of the latent
 * @param width of the latent
 * @param scale pixels for each latent position, in each direction
 */
record LatentSize(int height, int width, int scale) {

    int imageHeight() {
        return height * scale;
    }

    int imageWidth() {
        return width * scale;
    }
}
