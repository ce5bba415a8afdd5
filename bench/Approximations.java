import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * How fast approximations are, and how far from the exact picture: {@code java
 * bench/Approximations.java ROUNDS GENERATE}, such as {@code "./ella generate --threads 1"}. All are
 * drawn in turn in every round, of four prompts and four seeds; pictures are the same in each.
 */
final class Approximations {
    private static final List<String> PROMPTS =
            List.of(
                    "on a gray background there is a large red circle. to the right of it there is"
                            + " a small blue striped square. above the square there is a green"
                            + " triangle.",
                    "two objects on a beige background: a medium purple star on the left and a"
                            + " large green checkered ring on the right.",
                    "there is a small white cross in the top left corner of a teal background. a"
                            + " large orange dotted circle lies below it.",
                    "on a mint background a large black square is above a medium pink triangle,"
                            + " and to the left of the triangle there is a small brown circle.");

    private static final List<String> WAYS =
            List.of(
                    "",
                    "--precision fp32",
                    "--steps 100",
                    "--guidance-interval 300,900",
                    "--guidance-interval 200,800",
                    "--cache-interval 2",
                    "--cache-interval 3",
                    "--merge-tokens",
                    "--steps 10",
                    "--steps 10 --scheduler dpmpp-2m-ays");

    private static final int SEEDS = 4;
    private static final Pattern DENOISING = Pattern.compile("\"denoise\":\\s*([0-9.]+)");

    private Approximations() {}

    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.err.println("usage: java bench/Approximations.java ROUNDS GENERATE");
            System.exit(2);
        }
        Path folder = Files.createTempDirectory("approximations");
        List<List<Double>> seconds =
                Stream.generate(() -> (List<Double>) new ArrayList<Double>())
                        .limit(WAYS.size())
                        .toList();
        for (int round = 0; round < Integer.parseInt(args[0]); round++) {
            for (int way = 0; way < WAYS.size(); way++) {
                for (int prompt = 0; prompt < PROMPTS.size(); prompt++) {
                    seconds.get(way).add(draw(args[1], folder, way, prompt));
                }
            }
        }
        List<BufferedImage> exact = pictures(folder, 0);
        System.out.println("way | seconds | times the exact | PSNR, least to most");
        for (int way = 0; way < WAYS.size(); way++) {
            List<BufferedImage> drawn = pictures(folder, way);
            List<Double> psnr = new ArrayList<>();
            for (int i = 0; i < drawn.size(); i++) {
                psnr.add(psnr(exact.get(i), drawn.get(i)));
            }
            psnr.sort(null);
            System.out.printf(
                    "%s | %.2f | %.2f | %.1f dB (%.1f to %.1f)%n",
                    WAYS.get(way).isEmpty() ? "exact" : WAYS.get(way),
                    median(seconds.get(way)),
                    median(seconds.get(way)) / median(seconds.get(0)),
                    median(psnr),
                    psnr.get(0),
                    psnr.get(psnr.size() - 1));
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** Returns how long denoising took. */
    private static double draw(String generate, Path folder, int way, int prompt)
            throws IOException, InterruptedException {
        String command =
                "%s '%s' --count %d --seed 1 %s --json -o %s"
                        .formatted(
                                generate,
                                PROMPTS.get(prompt),
                                SEEDS,
                                WAYS.get(way),
                                folder.resolve(way + "-" + prompt + ".png"));
        Process process =
                new ProcessBuilder("sh", "-c", command)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher matcher = DENOISING.matcher(output);
        if (process.waitFor() != 0 || !matcher.find()) {
            throw new IllegalStateException(command + " printed no seconds: " + output);
        }
        return Double.parseDouble(matcher.group(1));
    }

    private static List<BufferedImage> pictures(Path folder, int way) throws IOException {
        List<BufferedImage> pictures = new ArrayList<>();
        for (int prompt = 0; prompt < PROMPTS.size(); prompt++) {
            for (int i = 1; i <= SEEDS; i++) {
                String suffix = i == 1 ? "" : "-" + i;
                Path file = folder.resolve(way + "-" + prompt + suffix + ".png");
                pictures.add(ImageIO.read(file.toFile()));
            }
        }
        return pictures;
    }

    /** Peak signal-to-noise ratio in dB, infinite where nothing differs. */
    private static double psnr(BufferedImage one, BufferedImage other) {
        double squares = 0;
        for (int y = 0; y < one.getHeight(); y++) {
            for (int x = 0; x < one.getWidth(); x++) {
                for (int shift = 0; shift < 24; shift += 8) {
                    int is = one.getRGB(x, y) >> shift & 0xff;
                    int was = other.getRGB(x, y) >> shift & 0xff;
                    squares += (is - was) * (is - was);
                }
            }
        }
        double mean = squares / (3.0 * one.getHeight() * one.getWidth());
        return 10 * Math.log10(255 * 255 / mean);
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
