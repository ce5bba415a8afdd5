package io.ella.core.weights;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a parameter is made from a stored tensor of another name: a range of its rows, then a
 * transposition, then a reshape, each of them optional. Immutable.
 *
 * <pre>{@code
 * Map<String, Mapping> mappings = Map.of(
 *     "q_proj.weight", Mapping.from("in_proj_weight").rows(0, 1024),
 *     "text_projection.weight", Mapping.from("text_projection").transposed(),
 *     "to_q.weight", Mapping.from("q.weight").reshaped(512, 512));
 * }</pre>
 *
 * <p>See {@link WeightSource#mapped}.
 */
public final class Mapping {

    private final String source;
    private final long fromRow;

    /** Negative if all rows are taken. */
    private final long toRow;

    private final boolean transpose;
    private final @Nullable List<Long> shape;

    private Mapping(
            String source,
            long fromRow,
            long toRow,
            boolean transpose,
            @Nullable List<Long> shape) {
        this.source = source;
        this.fromRow = fromRow;
        this.toRow = toRow;
        this.transpose = transpose;
        this.shape = shape;
    }

    /**
     * {@return the mapping that only renames}
     *
     * @param source the name under which the tensor is stored
     */
    public static Mapping from(String source) {
        return new Mapping(source, 0, -1, false, null);
    }

    /**
     * {@return this mapping, with a range of the stored tensor's outermost dimension; a view}
     *
     * @param from the first row
     * @param to the row after the last
     */
    public Mapping rows(long from, long to) {
        return new Mapping(source, from, to, transpose, shape);
    }

    /** {@return this mapping, with the two dimensions exchanged; the matrix is copied} */
    public Mapping transposed() {
        return new Mapping(source, fromRow, toRow, true, shape);
    }

    /**
     * {@return this mapping, with other sizes for the same elements; a view}
     *
     * @param newShape the sizes, outermost first
     */
    public Mapping reshaped(long... newShape) {
        List<Long> sizes = Arrays.stream(newShape).boxed().toList();
        return new Mapping(source, fromRow, toRow, transpose, sizes);
    }

    /** {@return the name under which the tensor is stored} */
    public String source() {
        return source;
    }

    /** The shape that the target gets; where a step does not fit, the shape that it met. */
    List<Long> shapeOf(List<Long> stored) {
        List<Long> result = stored;
        if (toRow >= 0) {
            if (result.isEmpty() || fromRow < 0 || fromRow > toRow || toRow > result.get(0)) {
                return result;
            }
            Long[] sizes = result.toArray(Long[]::new);
            sizes[0] = toRow - fromRow;
            result = List.of(sizes);
        }
        if (transpose) {
            if (result.size() != 2) {
                return result;
            }
            result = List.of(result.get(1), result.get(0));
        }
        List<Long> target = shape;
        return target != null && elements(target) == elements(result) ? target : result;
    }

    StoredTensor apply(StoredTensor stored) {
        StoredTensor result = toRow >= 0 ? stored.rows(fromRow, toRow) : stored;
        result = transpose ? result.transposed() : result;
        List<Long> target = shape;
        return target == null
                ? result
                : result.reshaped(target.stream().mapToLong(Long::longValue).toArray());
    }

    private static long elements(List<Long> shape) {
        return StoredTensor.byteSize("mapping", DType.U8, shape);
    }
}
