import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs two commands in turn and compares them, so that a machine that is faster now than a minute
 * ago does not decide: {@code java bench/Alternate.java ROUNDS OURS PEER}, each command one
 * argument for the shell. A command prints JSON with {@code "seconds": [..]}, one for each run, or
 * {@code "seconds": {.., "total": ..}}. Where both say their {@code "peakBytes"}, these are compared
 * too.
 */
final class Alternate {
    private static final Pattern SECONDS =
            Pattern.compile(
                    "\"seconds\":\\s*(?:\\[([^\\]]*)]|\\{[^}]*\"total\":\\s*([0-9.]+))");
    private static final Pattern PEAK = Pattern.compile("\"peakBytes\":\\s*([0-9]+)");

    private final String command;
    private final List<Double> seconds = new ArrayList<>();
    private double peak;

    private Alternate(String command) {
        this.command = command;
    }

    public static void main(String[] args) throws Exception {
        if (args.length != 3) {
            System.err.println("usage: java bench/Alternate.java ROUNDS OURS PEER");
            System.exit(2);
        }
        Alternate ours = new Alternate(args[1]);
        Alternate peer = new Alternate(args[2]);
        for (int i = 0; i < Integer.parseInt(args[0]); i++) {
            ours.run();
            peer.run();
            System.out.printf(
                    "ours %.3f s, peer %.3f s, ratio %.2f; best %.3f and %.3f, ratio %.2f (%d and %d runs)%n",
                    ours.median(),
                    peer.median(),
                    ours.median() / peer.median(),
                    ours.least(),
                    peer.least(),
                    ours.least() / peer.least(),
                    ours.seconds.size(),
                    peer.seconds.size());
            if (ours.peak > 0 && peer.peak > 0) {
                System.out.printf(
                        "peak memory %.2f GB, peer %.2f GB, ratio %.2f%n",
                        ours.peak / 1e9, peer.peak / 1e9, ours.peak / peer.peak);
            }
        }
    }

    private void run() throws Exception {
        Process process =
                new ProcessBuilder("sh", "-c", command)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher matcher = SECONDS.matcher(output);
        if (process.waitFor() != 0 || !matcher.find()) {
            throw new IllegalStateException(command + " printed no seconds: " + output);
        }
        String found = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
        for (String number : found.split(",")) {
            seconds.add(Double.valueOf(number.strip()));
        }
        Matcher bytes = PEAK.matcher(output);
        if (bytes.find()) {
            peak = Math.max(peak, Double.parseDouble(bytes.group(1)));
        }
    }

    private double median() {
        List<Double> sorted = seconds.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private double least() {
        return seconds.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }
}
