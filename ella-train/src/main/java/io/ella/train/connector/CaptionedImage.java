package io.ella.train.connector;

import io.ella.core.EllaException;
import io.ella.core.image.Image;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;

/**
 * An image that is read when it is needed, and what it shows.
 *
 * @param name what messages call it
 * @param bytes reads the image file: PNG, JPEG, GIF, BMP or TIFF
 * @param caption in words
 */
public record CaptionedImage(String name, Callable<byte[]> bytes, String caption) {

    byte[] read() {
        try {
            return bytes.call();
        } catch (EllaException e) {
            throw e;
        } catch (Exception e) {
            throw new EllaException(name + " cannot be read: " + e, e);
        }
    }

    Image decode(byte[] file) {
        BufferedImage image;
        try {
            image = ImageIO.read(new ByteArrayInputStream(file));
        } catch (IOException | RuntimeException e) { // readers throw both at damaged files
            throw new EllaException(name + " is damaged: " + e + "; take it out", e);
        }
        if (image == null) {
            throw new EllaException(
                    name
                            + " is no PNG, JPEG, GIF, BMP or TIFF; convert it to one of these, or take it out");
        }
        return Image.fromBufferedImage(image);
    }
}
