package io.ella.samples.attention;

import io.ella.core.image.Image;
import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.style.HeatMapStyler;

/** Draws the attention: words from top to bottom, timesteps from left to right. */
public final class HeatMap {
    private static final int CELL_WIDTH = 26;
    private static final int CELL_HEIGHT = 20;

    /** Around the cells: labels, title, legend. */
    private static final int MARGIN_WIDTH = 260;

    private static final int MARGIN_HEIGHT = 130;

    /** From nothing to much. */
    private static final Color[] COLOURS = {
        new Color(0xfcfbfd), new Color(0xbcbddc), new Color(0x6a51a3), new Color(0x2b0057)
    };

    private HeatMap() {}

    /**
     * {@return the picture}
     *
     * @param attention what it shows: the share of attention of each word at each timestep
     */
    public static Image draw(PromptAttention attention) {
        List<String> words = attention.words();
        double[] timesteps = attention.timesteps();
        HeatMapChart chart =
                new HeatMapChartBuilder()
                        .width(MARGIN_WIDTH + CELL_WIDTH * timesteps.length)
                        .height(MARGIN_HEIGHT + CELL_HEIGHT * words.size())
                        .title("Attention of the queries on each word, percent")
                        .xAxisTitle("timestep")
                        .build();
        List<String> columns = new ArrayList<>();
        for (double timestep : timesteps) {
            columns.add(String.format(Locale.ROOT, "%.0f", timestep));
        }
        List<String> rows = new ArrayList<>();
        List<Number[]> cells = new ArrayList<>();
        double most = 0;
        for (int row = 0; row < words.size(); row++) {
            int word = words.size() - 1 - row; // the axis grows upwards
            rows.add(words.get(word));
            double[] shares = attention.share(word);
            for (int column = 0; column < columns.size(); column++) {
                double percent = 100 * shares[column];
                cells.add(new Number[] {column, row, percent});
                most = Math.max(most, percent);
            }
        }
        chart.addSeries("attention", columns, rows, cells);
        HeatMapStyler style = chart.getStyler();
        style.setRangeColors(COLOURS).setMin(0).setMax(Math.ceil(most));
        style.setXAxisLabelRotation(90).setPlotContentSize(1).setChartBackgroundColor(Color.WHITE);
        return Image.fromBufferedImage(BitmapEncoder.getBufferedImage(chart));
    }
}
