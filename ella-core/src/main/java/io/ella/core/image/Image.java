package io.ella.core.image;

import io.ella.core.EllaException;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * An immutable RGB image, 8 bits a channel. Thread-safe.
 *
 * <p>Floats are CHW, {@code [3, height, width]} in row-major order, in [0, 1]: the layout and range
 * of diffusers' {@code VaeImageProcessor}.
 */
public final class Image {
    /** The most pixels an image may have: 16384 × 16384. */
    private static final long MAX_PIXELS = 1L << 28;

    private final int width;
    private final int height;
    private final byte[] rgb;

    private Image(int width, int height, byte[] rgb) {
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    /**
     * An image from floats, each rounded as diffusers' {@code numpy_to_pil} does: {@code x * 255}
     * in float32, to the nearest integer, ties to even.
     *
     * @param chw {@code [3, height, width]}; values outside [0, 1] are clamped
     * @param width pixels
     * @param height pixels
     * @return the image
     * @throws EllaException if the length is not {@code 3 * height * width}, or if a value is NaN
     *     or infinite
     */
    public static Image fromChw(float[] chw, int width, int height) {
        int pixels = pixels(width, height);
        checkLength(chw.length, width, height, "[3, " + height + ", " + width + "] floats");
        byte[] rgb = new byte[chw.length];
        for (int c = 0; c < 3; c++) {
            for (int i = 0; i < pixels; i++) {
                float x = chw[c * pixels + i];
                if (!Float.isFinite(x)) {
                    throw new EllaException(
                            String.format(
                                    "The image has the value %s at channel %d, row %d, column %d; finite"
                                            + " values in [0, 1] were expected. Decode in fp32, and check"
                                            + " the weights.",
                                    x, c, i / width, i % width));
                }
                float clamped = Math.min(Math.max(x, 0f), 1f);
                rgb[3 * i + c] = (byte) Math.rint(clamped * 255f);
            }
        }
        return new Image(width, height, rgb);
    }

    /**
     * An image from bytes.
     *
     * @param rgb {@code [height, width, 3]}, unsigned; copied
     * @param width pixels
     * @param height pixels
     * @return the image
     * @throws EllaException if the length is not {@code 3 * height * width}
     */
    public static Image fromRgb(byte[] rgb, int width, int height) {
        pixels(width, height);
        checkLength(rgb.length, width, height, "[" + height + ", " + width + ", 3] bytes");
        return new Image(width, height, rgb.clone());
    }

    /**
     * The colours of an AWT image. Alpha is dropped without blending, as by PIL's {@code
     * convert("RGB")}; grey samples are copied to the three channels as they are.
     *
     * @param source any type
     * @return the image
     */
    public static Image fromBufferedImage(BufferedImage source) {
        int width = source.getWidth();
        int height = source.getHeight();
        byte[] rgb = new byte[3 * pixels(width, height)];
        boolean grey =
                source.getRaster().getNumBands() <= 2
                        && !(source.getColorModel() instanceof IndexColorModel);
        for (int y = 0, o = 0; y < height; y++) {
            // getRGB would convert grey from linear light and change every value.
            int[] row = grey ? greyRow(source, y) : source.getRGB(0, y, width, 1, null, 0, width);
            for (int x = 0; x < width; x++) {
                rgb[o++] = (byte) (row[x] >> 16);
                rgb[o++] = (byte) (row[x] >> 8);
                rgb[o++] = (byte) row[x];
            }
        }
        return new Image(width, height, rgb);
    }

    /**
     * Reads an image file: PNG, JPEG, GIF, BMP or TIFF.
     *
     * @param path the file
     * @return the image, without alpha
     * @throws EllaException if the file is absent, unreadable, or not such an image
     */
    public static Image read(Path path) {
        byte[] bytes = readBytes(path);
        ImageInputStream input = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes));
        Iterator<ImageReader> readers = ImageIO.getImageReaders(input);
        if (!readers.hasNext()) {
            throw new EllaException(
                    path
                            + ": not an image that can be read here ("
                            + bytes.length
                            + " bytes). Convert it to PNG or JPEG.");
        }
        ImageReader reader = readers.next();
        try {
            reader.setInput(input, true, true);
            pixels(reader.getWidth(0), reader.getHeight(0));
            return fromBufferedImage(reader.read(0));
        } catch (IOException | RuntimeException e) {
            throw new EllaException(
                    path + ": damaged image (" + e.getMessage() + "). Convert it to PNG or JPEG.",
                    e);
        } finally {
            reader.dispose();
        }
    }

    /**
     * Images side by side, row by row, without gaps; cells that stay free are black. The images of
     * DPG-Bench are such a grid of 2 × 2.
     *
     * @param images one at least, all of one size
     * @param columns images in a row, one at least
     * @return the grid, {@code columns} images wide
     * @throws EllaException if there is no image, no column, or two sizes
     */
    public static Image grid(List<Image> images, int columns) {
        if (images.isEmpty() || columns < 1) {
            throw new EllaException(
                    "A grid of "
                            + images.size()
                            + " images in "
                            + columns
                            + " columns was asked for; give one image and one column at least.");
        }
        Image first = images.get(0);
        long rows = (images.size() + (long) columns - 1) / columns;
        int width = edge((long) columns * first.width);
        int height = edge(rows * first.height);
        byte[] rgb = new byte[3 * pixels(width, height)];
        for (int i = 0; i < images.size(); i++) {
            Image image = images.get(i);
            if (image.width != first.width || image.height != first.height) {
                throw new EllaException(
                        "Image "
                                + i
                                + " of the grid is "
                                + image
                                + ", the first is "
                                + first
                                + ". Give images of one size.");
            }
            for (int y = 0; y < image.height; y++) {
                int row = i / columns * first.height + y;
                int column = i % columns * first.width;
                System.arraycopy(
                        image.rgb,
                        3 * y * image.width,
                        rgb,
                        3 * (row * width + column),
                        3 * image.width);
            }
        }
        return new Image(width, height, rgb);
    }

    /**
     * The width.
     *
     * @return pixels
     */
    public int width() {
        return width;
    }

    /**
     * The height.
     *
     * @return pixels
     */
    public int height() {
        return height;
    }

    /**
     * The samples as floats.
     *
     * @return a new {@code [3, height, width]}, each the byte / 255
     */
    public float[] toChw() {
        int pixels = width * height;
        float[] chw = new float[3 * pixels];
        for (int i = 0; i < pixels; i++) {
            for (int c = 0; c < 3; c++) {
                chw[c * pixels + i] = (rgb[3 * i + c] & 0xff) / 255f;
            }
        }
        return chw;
    }

    /**
     * The samples as bytes.
     *
     * @return a new {@code [height, width, 3]}, unsigned
     */
    public byte[] toRgb() {
        return rgb.clone();
    }

    /**
     * A copy for AWT and ImageIO.
     *
     * @return a new image of type {@link BufferedImage#TYPE_INT_RGB}
     */
    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int[] row = new int[width];
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i += 3) {
                row[x] = (rgb[i] & 0xff) << 16 | (rgb[i + 1] & 0xff) << 8 | (rgb[i + 2] & 0xff);
            }
            image.setRGB(0, y, width, 1, row, 0, width);
        }
        return image;
    }

    /** The bytes themselves, for {@link Png}, which does not change them. */
    byte[] rgb() {
        return rgb;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Image image
                && image.width == width
                && image.height == height
                && Arrays.equals(image.rgb, rgb);
    }

    @Override
    public int hashCode() {
        return 31 * width + Arrays.hashCode(rgb);
    }

    /**
     * The size.
     *
     * @return for example {@code 768x512}
     */
    @Override
    public String toString() {
        return width + "x" + height;
    }

    static byte[] readBytes(Path path) {
        if (!Files.isRegularFile(path)) {
            throw new EllaException(
                    path
                            + (Files.isDirectory(path) ? " is a folder" : " does not exist")
                            + "; an image file was expected. Check the path.");
        }
        try {
            return Files.readAllBytes(path);
        } catch (IOException | OutOfMemoryError e) {
            throw new EllaException(
                    path + " cannot be read (" + e + "). Check its permissions and size.", e);
        }
    }

    private static int[] greyRow(BufferedImage source, int y) {
        Raster raster = source.getRaster();
        int shift = Math.max(0, raster.getSampleModel().getSampleSize(0) - 8);
        int[] row = raster.getSamples(0, y, source.getWidth(), 1, 0, (int[]) null);
        for (int x = 0; x < row.length; x++) {
            row[x] = (row[x] >> shift) * 0x010101;
        }
        return row;
    }

    private static void checkLength(int length, int width, int height, String expected) {
        if (length != 3L * width * height) {
            throw new EllaException(
                    length
                            + " values were given for an image of "
                            + width
                            + "x"
                            + height
                            + "; expected "
                            + expected
                            + ". Check the order of width and height.");
        }
    }

    private static int edge(long pixels) {
        if (pixels > MAX_PIXELS) {
            throw new EllaException(
                    "An image edge of " + pixels + " pixels is too long. Use fewer images.");
        }
        return (int) pixels;
    }

    private static int pixels(int width, int height) {
        if (width < 1 || height < 1 || (long) width * height > MAX_PIXELS) {
            throw new EllaException(
                    "The image is "
                            + width
                            + "x"
                            + height
                            + " pixels; both edges must be 1 at least and their product "
                            + MAX_PIXELS
                            + " at most. Choose another size.");
        }
        return width * height;
    }
}
