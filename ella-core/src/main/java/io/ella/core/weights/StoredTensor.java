package io.ella.core.weights;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.ella.core.EllaException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor as it is stored: name, element type, shape, and row-major little-endian bytes.
 *
 * <p>The bytes lie in one or more direct read-only buffers. {@link #renamed}, {@link #reshaped} and
 * {@link #rows} are views that copy nothing. The memory (usually a mapped file) stays valid for as
 * long as any of its buffers is reachable, also after the source was closed.
 *
 * <p>Immutable and safe for use by several threads, as long as nobody writes to memory that was
 * given to {@link #of(String, DType, List, List)}.
 */
public final class StoredTensor {

    /** No part is larger; Java's buffers end at 2 GiB. */
    static final int MAX_PART = 1 << 30;

    private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

    private final String name;
    private final DType dtype;
    private final List<Long> shape;
    private final Content content;
    private final long bytes;

    /** Where the bytes come from. */
    private sealed interface Content {}

    /** Memory that holds them. */
    private record Stored(List<ByteBuffer> parts) implements Content {
        Stored {
            parts = parts.stream().map(part -> part.slice().asReadOnlyBuffer()).toList();
        }
    }

    /** A rule by which they are computed each time, from an element on. */
    private record Computed(Rule rule, long start) implements Content {}

    /** Computes elements of a tensor. */
    interface Rule {
        /** Fills a little-endian buffer from its position to its limit, from an element on. */
        void fill(long from, ByteBuffer into);
    }

    private StoredTensor(String name, DType dtype, List<Long> shape, Content content) {
        this.name = name;
        this.dtype = dtype;
        this.shape = List.copyOf(shape);
        this.content = content;
        this.bytes = byteSize(name, dtype, shape);
    }

    private StoredTensor(String name, DType dtype, List<Long> shape, List<ByteBuffer> parts) {
        this(name, dtype, shape, new Stored(parts));
    }

    /** A tensor that takes no memory until it is read. */
    static StoredTensor computed(String name, DType dtype, List<Long> shape, Rule rule) {
        return new StoredTensor(name, dtype, shape, new Computed(rule, 0));
    }

    /**
     * {@return a tensor over memory that the caller has filled; nothing is copied}
     *
     * @param name the name of the parameter
     * @param dtype the element type
     * @param shape the sizes, outermost first; empty for a scalar
     * @param parts direct buffers whose remaining bytes, in this order, are the elements; each
     *     holds at most 1 GiB and ends where an element ends
     * @throws EllaException if the buffers are not what is said above
     */
    public static StoredTensor of(
            String name, DType dtype, List<Long> shape, List<ByteBuffer> parts) {
        long expected = byteSize(name, dtype, shape);
        long found = 0;
        for (ByteBuffer part : parts) {
            if (!part.isDirect()) {
                throw new EllaException(
                        "\"" + name + "\": its bytes must lie in direct buffers, not on the heap.");
            }
            if (part.remaining() > MAX_PART || part.remaining() % dtype.bytes() != 0) {
                throw new EllaException(
                        "\"%s\": a part has %d bytes; it must be at most %d and a multiple of %d."
                                .formatted(name, part.remaining(), MAX_PART, dtype.bytes()));
            }
            found += part.remaining();
        }
        if (found != expected) {
            throw new EllaException(
                    "\"%s\": %s %s takes %d bytes, the buffers hold %d."
                            .formatted(name, dtype, shape, expected, found));
        }
        return new StoredTensor(name, dtype, shape, parts);
    }

    /** The elements of bytes that may lie on the heap. */
    static float[] floats(String name, DType dtype, List<Long> shape, ByteBuffer bytes) {
        return new StoredTensor(name, dtype, shape, List.of(bytes)).floatArray();
    }

    /**
     * {@return an F32 tensor with a copy of these values}
     *
     * @param name the name of the parameter
     * @param values the elements, row-major
     * @param shape the sizes, outermost first; none for a scalar
     * @throws EllaException if the shape does not hold as many elements
     */
    public static StoredTensor of(String name, float[] values, long... shape) {
        return encode(name, DType.F32, values, boxed(shape));
    }

    /**
     * {@return an I64 tensor with a copy of these values}
     *
     * @param name the name of the parameter
     * @param values the elements, row-major
     * @param shape the sizes, outermost first; none for a scalar
     * @throws EllaException if the shape does not hold as many elements
     */
    public static StoredTensor of(String name, long[] values, long... shape) {
        List<Long> sizes = boxed(shape);
        List<ByteBuffer> parts = allocate(name, DType.I64, sizes);
        verifyElements(name, DType.I64, sizes, values.length);
        int from = 0;
        for (ByteBuffer part : parts) {
            int count = part.capacity() / Long.BYTES;
            part.asLongBuffer().put(values, from, count);
            from += count;
        }
        return new StoredTensor(name, DType.I64, sizes, parts);
    }

    /** {@return the name of the parameter} */
    public String name() {
        return name;
    }

    /** {@return the element type} */
    public DType dtype() {
        return dtype;
    }

    /** {@return the sizes, outermost first; empty for a scalar} */
    public List<Long> shape() {
        return shape;
    }

    /** {@return the number of elements} */
    public long elements() {
        return bytes / dtype.bytes();
    }

    /** {@return the number of bytes of all parts together} */
    public long bytes() {
        return bytes;
    }

    /**
     * {@return the bytes: direct, read-only, little-endian buffers from position 0 to their
     * capacity, to be read one after the other}
     *
     * <p>A part holds at most 1 GiB, so that nearly every tensor has one; an empty tensor has none.
     * A part ends at an element; if the tensor is as its source stores it and a row of the
     * outermost dimension fits, it ends at a row. Parts of a mapped file may begin at any address,
     * aligned or not. Each call returns buffers of its own (positions are not shared).
     */
    public List<ByteBuffer> parts() {
        List<ByteBuffer> parts = content instanceof Stored stored ? stored.parts : computed();
        return parts.stream().map(part -> part.asReadOnlyBuffer().order(LITTLE_ENDIAN)).toList();
    }

    private List<ByteBuffer> computed() {
        List<ByteBuffer> parts = allocate(name, dtype, shape);
        long at = 0;
        for (ByteBuffer part : parts) {
            read(at, part);
            at += part.capacity() / dtype.bytes();
        }
        return parts;
    }

    /**
     * {@return whether the elements are computed anew at each reading; {@link #read} into one's own
     * memory then saves what {@link #parts} would allocate}
     */
    public boolean isComputed() {
        return content instanceof Computed;
    }

    /**
     * Copies elements into the caller's memory.
     *
     * @param from the row-major index of the first
     * @param into filled with little-endian bytes from its position to its limit, which are whole
     *     elements of this tensor; neither changes
     * @throws EllaException if that range is not in the tensor, or ends within an element
     */
    public void read(long from, ByteBuffer into) {
        int count = into.remaining() / dtype.bytes();
        if (from < 0 || from + count > elements() || into.remaining() % dtype.bytes() != 0) {
            throw new EllaException(
                    "%s has %d elements: %d bytes from element %d on are not in it."
                            .formatted(this, elements(), into.remaining(), from));
        }
        if (content instanceof Computed computed) {
            computed.rule.fill(computed.start + from, into);
            return;
        }
        ByteBuffer out = into.duplicate();
        long begin = from * dtype.bytes();
        long end = begin + out.remaining();
        long at = 0;
        for (ByteBuffer part : parts()) {
            long first = Math.max(begin, at);
            long last = Math.min(end, at + part.capacity());
            if (first < last) {
                out.put(part.slice((int) (first - at), (int) (last - first)));
            }
            at += part.capacity();
        }
    }

    /**
     * {@return the elements as floats: F64 and integers are rounded to the nearest, BOOL is 0 or 1}
     *
     * @throws EllaException if there are more elements than an array can have
     */
    public float[] floatArray() {
        float[] values = new float[arrayLength()];
        int at = 0;
        for (ByteBuffer part : parts()) {
            int end = at + part.capacity() / dtype.bytes();
            if (dtype == DType.F32) {
                part.asFloatBuffer().get(values, at, end - at);
                at = end;
            }
            while (at < end) {
                values[at++] = readFloat(part);
            }
        }
        return values;
    }

    private float readFloat(ByteBuffer in) {
        return switch (dtype) {
            case F64 -> (float) in.getDouble();
            case F32 -> in.getFloat();
            case F16 -> SmallFloats.fromF16(in.getShort());
            case BF16 -> SmallFloats.fromBf16(in.getShort());
            case I64, I32, I16, I8, U8, BOOL -> (float) readLong(in);
        };
    }

    /**
     * {@return the elements as integers; BOOL is 0 or 1}
     *
     * @throws EllaException if the elements are floating-point numbers, or more than an array can
     *     have
     */
    public long[] longArray() {
        if (dtype.isFloating()) {
            throw new EllaException("\"%s\" holds %s, expected integers.".formatted(name, dtype));
        }
        long[] values = new long[arrayLength()];
        int at = 0;
        for (ByteBuffer part : parts()) {
            while (part.hasRemaining()) {
                values[at++] = readLong(part);
            }
        }
        return values;
    }

    private long readLong(ByteBuffer in) {
        return switch (dtype) {
            case I64 -> in.getLong();
            case I32 -> in.getInt();
            case I16 -> in.getShort();
            case I8 -> in.get();
            case U8 -> in.get() & 0xff;
            case BOOL -> in.get() == 0 ? 0 : 1;
            case F64, F32, F16, BF16 -> throw new AssertionError(dtype);
        };
    }

    /**
     * {@return the same bytes under another name}
     *
     * @param newName the name of the view
     */
    public StoredTensor renamed(String newName) {
        return new StoredTensor(newName, dtype, shape, content);
    }

    /**
     * {@return the same bytes with other sizes}
     *
     * @param newShape the sizes, outermost first
     * @throws EllaException if the number of elements would change
     */
    public StoredTensor reshaped(long... newShape) {
        List<Long> sizes = boxed(newShape);
        if (byteSize(name, dtype, sizes) != bytes) {
            throw new EllaException(
                    "\"%s\" is %s and cannot be reshaped to %s: the number of elements differs."
                            .formatted(name, shape, sizes));
        }
        return new StoredTensor(name, dtype, sizes, content);
    }

    /**
     * {@return a range of the outermost dimension, as a view}
     *
     * @param from the first row
     * @param to the row after the last
     * @throws EllaException if the tensor is a scalar or has fewer rows
     */
    public StoredTensor rows(long from, long to) {
        if (shape.isEmpty() || from < 0 || from > to || to > shape.get(0)) {
            throw new EllaException(
                    "\"%s\" is %s: rows %d to %d are not in it.".formatted(name, shape, from, to));
        }
        List<Long> sizes = new ArrayList<>(shape);
        sizes.set(0, to - from);
        long rowBytes = shape.get(0) == 0 ? 0 : bytes / shape.get(0);
        if (content instanceof Computed computed) {
            long start = computed.start + from * rowBytes / dtype.bytes();
            return new StoredTensor(name, dtype, sizes, new Computed(computed.rule, start));
        }
        List<ByteBuffer> slices = new ArrayList<>();
        long at = 0;
        for (ByteBuffer part : parts()) {
            long begin = Math.max(from * rowBytes, at);
            long end = Math.min(to * rowBytes, at + part.capacity());
            if (begin < end) {
                slices.add(part.slice((int) (begin - at), (int) (end - begin)));
            }
            at += part.capacity();
        }
        return new StoredTensor(name, dtype, sizes, slices);
    }

    /**
     * {@return the elements in another floating-point type, rounded to nearest even; a copy unless
     * the type is the same}
     *
     * @param target a floating-point type; values pass through F32
     * @throws EllaException if the target is not a floating-point type, or there are more elements
     *     than an array can have
     */
    public StoredTensor to(DType target) {
        if (target == dtype) {
            return this;
        }
        if (!target.isFloating()) {
            throw new EllaException(
                    "\"%s\" is %s and is not converted to %s; only to floating-point types."
                            .formatted(name, dtype, target));
        }
        return encode(name, target, floatArray(), shape);
    }

    /** A copy with the two dimensions exchanged. */
    StoredTensor transposed() {
        if (shape.size() != 2 || bytes > MAX_PART) {
            throw new EllaException(
                    "\"%s\" is %s: only matrices of up to 1 GiB are transposed."
                            .formatted(name, shape));
        }
        List<Long> sizes = List.of(shape.get(1), shape.get(0));
        List<ByteBuffer> copies = allocate(name, dtype, sizes);
        if (bytes > 0) {
            int rows = shape.get(0).intValue();
            int columns = shape.get(1).intValue();
            byte[] source = new byte[(int) bytes];
            int at = 0;
            for (ByteBuffer part : parts()) {
                part.get(0, source, at, part.capacity());
                at += part.capacity();
            }
            ByteBuffer copy = copies.get(0);
            int width = dtype.bytes();
            for (int column = 0; column < columns; column++) {
                for (int row = 0; row < rows; row++) {
                    copy.put(source, (row * columns + column) * width, width);
                }
            }
            copy.rewind();
        }
        return new StoredTensor(name, dtype, sizes, copies);
    }

    /** Describes the tensor, without its elements. */
    @Override
    public String toString() {
        return "\"%s\" %s %s".formatted(name, dtype, shape);
    }

    /** The bytes of a tensor, or an error if a size is negative or the product overflows. */
    static long byteSize(String name, DType dtype, List<Long> shape) {
        try {
            long size = dtype.bytes();
            for (long dimension : shape) {
                if (dimension < 0) {
                    throw new EllaException(
                            "\"%s\" has a negative size: %s.".formatted(name, shape));
                }
                size = Math.multiplyExact(size, dimension);
            }
            return size;
        } catch (ArithmeticException e) {
            throw new EllaException(
                    "\"%s\" %s %s takes more bytes than can be counted."
                            .formatted(name, dtype, shape),
                    e);
        }
    }

    /** The size of every part but the last: whole rows if one fits, else whole elements. */
    static int partBytes(long bytes, DType dtype, List<Long> shape, int limit) {
        long unit = shape.isEmpty() || bytes == 0 ? dtype.bytes() : bytes / shape.get(0);
        if (unit > limit) {
            unit = dtype.bytes();
        }
        return (int) (limit / unit * unit);
    }

    /** Direct little-endian memory for all elements, cut as {@link #parts} says. */
    static List<ByteBuffer> allocate(String name, DType dtype, List<Long> shape) {
        long bytes = byteSize(name, dtype, shape);
        int partBytes = partBytes(bytes, dtype, shape, MAX_PART);
        List<ByteBuffer> parts = new ArrayList<>();
        for (long at = 0; at < bytes; at += partBytes) {
            int size = (int) Math.min(partBytes, bytes - at);
            parts.add(ByteBuffer.allocateDirect(size).order(LITTLE_ENDIAN));
        }
        return parts;
    }

    private static StoredTensor encode(String name, DType dtype, float[] values, List<Long> shape) {
        verifyElements(name, dtype, shape, values.length);
        List<ByteBuffer> parts = allocate(name, dtype, shape);
        int at = 0;
        for (ByteBuffer part : parts) {
            int end = at + part.capacity() / dtype.bytes();
            for (; at < end; at++) {
                switch (dtype) {
                    case F64 -> part.putDouble(values[at]);
                    case F32 -> part.putFloat(values[at]);
                    case F16 -> part.putShort(SmallFloats.toF16(values[at]));
                    case BF16 -> part.putShort(SmallFloats.toBf16(values[at]));
                    case I64, I32, I16, I8, U8, BOOL -> throw new AssertionError(dtype);
                }
            }
            part.rewind();
        }
        return new StoredTensor(name, dtype, shape, parts);
    }

    private static void verifyElements(String name, DType dtype, List<Long> shape, int elements) {
        long expected = byteSize(name, dtype, shape) / dtype.bytes();
        if (expected != elements) {
            throw new EllaException(
                    "\"%s\": %s has %d elements, %d values were given."
                            .formatted(name, shape, expected, elements));
        }
    }

    private int arrayLength() {
        if (elements() > MAX_ARRAY) {
            throw new EllaException(
                    "\"%s\" %s has %d elements, too many for an array; read its parts."
                            .formatted(name, shape, elements()));
        }
        return (int) elements();
    }

    private static List<Long> boxed(long[] shape) {
        return Arrays.stream(shape).boxed().toList();
    }
}
