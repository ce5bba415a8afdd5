package io.ella.samples.bench;

import io.ella.core.graph.Cost;
import io.ella.core.torch.OperationTime;
import io.ella.core.torch.OperationTime.Part;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the time of a run went, by what the work is for.
 *
 * @param work convolution, linear, attention or other
 * @param seconds in libtorch's operations of that kind
 * @param flops that the graph has of it
 * @param bytes that move if every operand is read and every result written once
 */
public record Spent(String work, double seconds, long flops, long bytes) {
    private static final String CONVOLUTION = "convolution";
    private static final String LINEAR = "linear";
    private static final String ATTENTION = "attention";
    private static final String OTHER = "other";

    /**
     * Sorts libtorch's operations and the graph's by what they are for.
     *
     * @param times what a run of the program took
     * @param costs what the graph says that it costs
     * @return one of each kind that took time, the longest first
     */
    public static List<Spent> of(List<OperationTime> times, List<Cost> costs) {
        List<Spent> all = new ArrayList<>();
        for (String work : List.of(CONVOLUTION, LINEAR, ATTENTION, OTHER)) {
            double seconds =
                    times.stream()
                            .filter(t -> workOfTorch(t).equals(work))
                            .mapToDouble(OperationTime::seconds)
                            .sum();
            List<Cost> its =
                    costs.stream().filter(c -> workOfGraph(c.operation()).equals(work)).toList();
            long flops = its.stream().mapToLong(Cost::flops).sum();
            long bytes = its.stream().mapToLong(Cost::bytes).sum();
            if (seconds > 0) {
                all.add(new Spent(work, seconds, flops, bytes));
            }
        }
        all.sort((a, b) -> Double.compare(b.seconds, a.seconds));
        return all;
    }

    private static String workOfGraph(String operation) {
        return switch (operation) {
            case "Conv2d" -> CONVOLUTION;
            case "Linear" -> LINEAR;
            case "Attention" -> ATTENTION;
            default -> OTHER;
        };
    }

    /**
     * By the names of the kernels, where the operation is not known to be a part of something;
     * scores of attention are the only batched products.
     */
    private static String workOfTorch(OperationTime time) {
        if (time.part() != Part.WHOLE) {
            return time.part() == Part.ATTENTION ? ATTENTION : CONVOLUTION;
        }
        String kernel = time.name().substring(time.name().lastIndexOf(':') + 1);
        if (kernel.contains("attention") || kernel.contains("softmax") || kernel.contains("bmm")) {
            return ATTENTION;
        } else if (kernel.contains("conv")) {
            return CONVOLUTION;
        } else if (kernel.contains("linear") || kernel.equals("mm") || kernel.equals("addmm")) {
            return LINEAR;
        }
        return OTHER;
    }
}
