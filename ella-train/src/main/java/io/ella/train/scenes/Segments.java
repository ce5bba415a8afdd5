package io.ella.train.scenes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Tells objects from the background by the difference of colour. */
final class Segments {
    /** Pixels along the edges of which the background's colour is taken. */
    private static final int FRAME = 3;

    /** The least difference from the background; the palette's least is 21. */
    private static final double MIN_CONTRAST = 11;

    /** The least difference as a part of the greatest nearby: cuts soft edges off. */
    private static final double MIN_SHARE = 0.3;

    private static final int NEARBY = 3;

    /** Smaller spots are no objects; the smallest object (a star) has 280 pixels. */
    private static final int MIN_AREA = 70;

    final Lab background;

    /** From the largest to the smallest. */
    final List<Mask> objects;

    private Segments(Lab background, List<Mask> objects) {
        this.background = background;
        this.objects = objects;
    }

    static Segments of(LabImage image) {
        Lab background = background(image);
        double[] contrast = new double[image.size * image.size];
        for (int i = 0; i < contrast.length; i++) {
            contrast[i] = image.at(i).distance(background);
        }
        Mask rest = foreground(contrast, image.size);
        List<Mask> objects = new ArrayList<>();
        for (int[] indices = rest.indices(); indices.length > 0; indices = rest.indices()) {
            Mask object = rest.component(indices[0]);
            rest = rest.without(object);
            if (object.area() >= MIN_AREA) {
                objects.add(sharpened(object, contrast));
            }
        }
        objects.sort(Comparator.comparingInt(Mask::area).reversed());
        return new Segments(background, objects);
    }

    /** The median along the edges, channel by channel: few objects reach them. */
    private static Lab background(LabImage image) {
        List<Lab> frame = new ArrayList<>();
        for (int y = 0; y < image.size; y++) {
            for (int x = 0; x < image.size; x++) {
                int edge = Math.min(Math.min(x, y), image.size - 1 - Math.max(x, y));
                if (edge < FRAME) {
                    frame.add(image.at(y * image.size + x));
                }
            }
        }
        return new Lab(
                quantile(frame.stream().mapToDouble(Lab::l).toArray(), 0.5),
                quantile(frame.stream().mapToDouble(Lab::a).toArray(), 0.5),
                quantile(frame.stream().mapToDouble(Lab::b).toArray(), 0.5));
    }

    private static Mask foreground(double[] contrast, int size) {
        boolean[] pixels = new boolean[contrast.length];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                double greatest = 0;
                for (int v = Math.max(0, y - NEARBY); v <= Math.min(size - 1, y + NEARBY); v++) {
                    for (int u = Math.max(0, x - NEARBY);
                            u <= Math.min(size - 1, x + NEARBY);
                            u++) {
                        greatest = Math.max(greatest, contrast[v * size + u]);
                    }
                }
                double least = Math.max(MIN_CONTRAST, MIN_SHARE * greatest);
                pixels[y * size + x] = contrast[y * size + x] >= least;
            }
        }
        return new Mask(size, pixels);
    }

    /** Cuts an object at half of the contrast of its inside, which is where its edge is. */
    private static Mask sharpened(Mask object, double[] contrast) {
        int[] inside = object.eroded().eroded().indices();
        if (inside.length == 0) {
            return object;
        }
        double typical =
                quantile(Arrays.stream(inside).mapToDouble(i -> contrast[i]).toArray(), 0.1);
        boolean[] kept = new boolean[contrast.length];
        for (int i : object.indices()) {
            kept[i] = contrast[i] >= 0.5 * typical;
        }
        return new Mask(object.size, kept);
    }

    private static double quantile(double[] values, double share) {
        Arrays.sort(values);
        return values[(int) (share * (values.length - 1))];
    }
}
