package io.ella.train;

import io.ella.core.EllaException;
import io.ella.core.image.Image;
import io.ella.core.image.Png;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loss over the steps as a table of comma-separated values, one row for some steps, and as a
 * picture of the same name that ends in {@code .png}.
 */
final class LossCurve {
    private static final Logger LOG = LoggerFactory.getLogger(LossCurve.class);
    private static final String HEADER = "step,loss,gradient_norm,learning_rate,seconds_per_step";
    private static final int COLUMNS = HEADER.split(",").length;

    /** How much of the mean stays at each row, in the smoothed line. */
    private static final double SMOOTHING = 0.95;

    /** Beyond this ratio of the largest to the smallest loss the axis is logarithmic. */
    private static final double WIDE = 20;

    private static final int WIDTH = 900;
    private static final int HEIGHT = 500;

    private final Path file;
    private final List<String> pending = new ArrayList<>();
    private final List<Double> steps = new ArrayList<>();
    private final List<Double> losses = new ArrayList<>();

    private LossCurve(Path file) {
        this.file = file;
    }

    /**
     * Goes on with a table. Rows after {@code step} are those of work that was lost, and a row that
     * is not whole was being written when the work ended.
     */
    static LossCurve resume(Path file, long step) {
        LossCurve curve = new LossCurve(file);
        List<String> rows = new ArrayList<>(List.of(HEADER));
        try {
            if (Files.exists(file)) {
                for (String row : Files.readAllLines(file).stream().skip(1).toList()) {
                    String[] columns = row.split(",", -1);
                    if (columns.length == COLUMNS && Long.parseLong(columns[0]) <= step) {
                        rows.add(row);
                        curve.point(Long.parseLong(columns[0]), Double.parseDouble(columns[1]));
                    }
                }
            }
            Files.write(file, rows);
        } catch (IOException | NumberFormatException e) {
            throw new EllaException(file + " is no loss curve that can be gone on with: " + e, e);
        }
        return curve;
    }

    void add(long step, double loss, double norm, double rate, double seconds) {
        pending.add(
                String.format(
                        Locale.ROOT, "%d,%.6f,%.4f,%.3e,%.4f", step, loss, norm, rate, seconds));
        point(step, loss);
    }

    private void point(long step, double loss) {
        steps.add((double) step);
        losses.add(loss);
    }

    void flush() {
        if (pending.isEmpty()) {
            return;
        }
        try {
            Files.write(file, pending, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new EllaException(file + " cannot be written: " + e, e);
        }
        pending.clear();
        draw();
    }

    private void draw() {
        Path picture = file.resolveSibling("loss.png");
        try {
            Image image = Image.fromBufferedImage(BitmapEncoder.getBufferedImage(chart()));
            Png.write(picture, image, Map.of());
        } catch (RuntimeException | LinkageError e) {
            // A machine without fonts cannot draw, which is no reason to stop training.
            LOG.warn("{} cannot be drawn", picture, e);
        }
    }

    private XYChart chart() {
        XYChart chart =
                new XYChartBuilder()
                        .width(WIDTH)
                        .height(HEIGHT)
                        .xAxisTitle("step")
                        .yAxisTitle("loss")
                        .build();
        double least = losses.stream().mapToDouble(Double::doubleValue).min().orElse(1);
        double most = losses.stream().mapToDouble(Double::doubleValue).max().orElse(1);
        chart.getStyler().setYAxisLogarithmic(least > 0 && most / least > WIDE);
        chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE);
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        line(chart.addSeries("mean of some steps", steps, losses), new Color(170, 190, 220), 1);
        line(chart.addSeries("smoothed", steps, smoothed()), new Color(20, 60, 130), 2);
        return chart;
    }

    private static void line(XYSeries series, Color colour, float width) {
        series.setMarker(SeriesMarkers.NONE);
        series.setLineColor(colour);
        series.setLineStyle(new BasicStroke(width));
    }

    /** The mean of the rows so far, of which the old count less and less. */
    private List<Double> smoothed() {
        List<Double> smooth = new ArrayList<>();
        double sum = 0;
        double weight = 0;
        for (double loss : losses) {
            sum = SMOOTHING * sum + loss;
            weight = SMOOTHING * weight + 1;
            smooth.add(sum / weight);
        }
        return smooth;
    }
}
