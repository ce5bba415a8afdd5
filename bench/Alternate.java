import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs two commands in turn and compares them, so that a machine that is faster now than a minute
 * ago does not decide: {@code java bench/Alternate.java ROUNDS OURS PEER}, each command one
 * argument for the shell. A command prints a line of JSON with {@code "seconds": [..]}.
 */
final class Alternate {
    private static final Pattern SECONDS = Pattern.compile("\"seconds\":\\s*\\[([^\\]]*)]");

    private Alternate() {}

    public static void main(String[] args) throws Exception {
        if (args.length != 3) {
            System.err.println("usage: java bench/Alternate.java ROUNDS OURS PEER");
            System.exit(2);
        }
        List<Double> ours = new ArrayList<>();
        List<Double> peer = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(args[0]); i++) {
            ours.addAll(seconds(args[1]));
            peer.addAll(seconds(args[2]));
            System.out.printf(
                    "ours %.3f s, peer %.3f s, ratio %.2f; best %.3f and %.3f, ratio %.2f (%d and %d runs)%n",
                    median(ours),
                    median(peer),
                    median(ours) / median(peer),
                    least(ours),
                    least(peer),
                    least(ours) / least(peer),
                    ours.size(),
                    peer.size());
        }
    }

    private static List<Double> seconds(String command) throws Exception {
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
        List<Double> seconds = new ArrayList<>();
        for (String number : matcher.group(1).split(",")) {
            seconds.add(Double.valueOf(number.strip()));
        }
        return seconds;
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private static double least(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }
}
