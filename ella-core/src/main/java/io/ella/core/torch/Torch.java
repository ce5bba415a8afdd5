package io.ella.core.torch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import io.ella.core.EllaException;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.Graph;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.WeightSource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One device: makes tensors, loads weights and compiles programs for it.
 *
 * <p>Thread-safe on the CPU. On a GPU one thread at a time may use the device, all {@code Torch}
 * objects for it counted together. Close it after everything that was made from it.
 */
public final class Torch implements AutoCloseable {
    private final Device device;
    private final PtNDManager manager;
    private final AtomicLong live = new AtomicLong();

    /** Null on the CPU, where arrays are made in their place. */
    private final @Nullable PinnedUpload upload;

    private Torch(Device device, PtNDManager manager) {
        this.device = device;
        this.manager = manager;
        this.upload = device.isCuda() ? new PinnedUpload(this) : null;
    }

    /**
     * Opens a device; the first call in a process loads libtorch.
     *
     * @param device which
     * @return the open device
     * @throws EllaException if the device or the native library is not there; nothing else is tried
     */
    public static Torch open(Device device) {
        Engine engine = Native.engine();
        if (device.isCuda()) {
            int count = engine.hasCapability("CUDA") ? engine.getGpuCount() : 0;
            if (device.index() >= count) {
                throw new EllaException(
                        "%s was asked for; this libtorch sees %d CUDA devices. Use a CUDA build of libtorch and check the driver, or choose the device \"cpu\""
                                .formatted(device, count));
            }
        }
        ai.djl.Device where =
                device.isCuda() ? ai.djl.Device.gpu(device.index()) : ai.djl.Device.cpu();
        return new Torch(device, (PtNDManager) engine.newBaseManager(where));
    }

    /**
     * Sets how many threads one operation may use. This holds for the whole process: libtorch has
     * one pool.
     *
     * @param count at least 1
     */
    public static void setThreads(int count) {
        if (count < 1) {
            throw new EllaException(
                    "the number of threads is " + count + "; it must be at least 1");
        }
        Native.engine();
        JniUtils.setNumThreads(count);
    }

    /** {@return how many threads one operation may use} */
    public static int threads() {
        Native.engine();
        return JniUtils.getNumThreads();
    }

    /**
     * {@return whether this machine's processor multiplies matrices in bf16 (AVX512-BF16 or AMX),
     * which makes {@link Precision#BF16} about twice as fast as 32 bits; false where the system
     * does not tell}
     */
    public static boolean hasFastBf16() {
        return hasCpuFlag("avx512_bf16") || hasCpuFlag("amx_bf16");
    }

    /** Whether the processor says so of itself; false where that cannot be read. */
    static boolean hasCpuFlag(String flag) {
        return Cpu.FLAGS.contains(flag);
    }

    /** Every compilation asks, and nothing changes: read once, when first asked. */
    private static final class Cpu {
        static final Set<String> FLAGS = read();

        private static Set<String> read() {
            try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
                return lines.filter(line -> line.startsWith("flags"))
                        .limit(1)
                        .flatMap(line -> Stream.of(line.split(" ")))
                        .collect(Collectors.toUnmodifiableSet());
            } catch (IOException | UncheckedIOException e) {
                return Set.of(); // not Linux
            }
        }
    }

    /** {@return which device this is} */
    public Device device() {
        return device;
    }

    /** {@return the number of tensors that were made here and are not closed yet} */
    public long liveTensors() {
        return live.get();
    }

    /**
     * {@return a tensor of 32-bit floats}
     *
     * @param values the elements, row-major
     * @param shape the sizes, outermost first
     */
    public Tensor tensor(float[] values, long... shape) {
        ByteBuffer bytes = direct(values.length, Float.BYTES, shape);
        bytes.asFloatBuffer().put(values);
        return tensor(bytes, ElementType.FLOAT32, DataType.FLOAT32, shape);
    }

    /**
     * {@return a tensor of 64-bit integers}
     *
     * @param values the elements, row-major
     * @param shape the sizes, outermost first
     */
    public Tensor tensor(long[] values, long... shape) {
        ByteBuffer bytes = direct(values.length, Long.BYTES, shape);
        bytes.asLongBuffer().put(values);
        return tensor(bytes, ElementType.INT64, DataType.INT64, shape);
    }

    /**
     * {@return a tensor of truth values}
     *
     * @param values the elements, row-major
     * @param shape the sizes, outermost first
     */
    public Tensor tensor(boolean[] values, long... shape) {
        ByteBuffer bytes = direct(values.length, 1, shape);
        for (int i = 0; i < values.length; i++) {
            bytes.put(i, (byte) (values[i] ? 1 : 0));
        }
        return tensor(bytes, ElementType.BOOL, DataType.BOOLEAN, shape);
    }

    private static ByteBuffer direct(int count, int bytes, long[] shape) {
        long expected = new Shape(shape).size();
        if (expected != count) {
            throw new EllaException(
                    count + " values do not make a tensor of shape " + new Shape(shape));
        }
        return ByteBuffer.allocateDirect(Math.multiplyExact(count, bytes))
                .order(ByteOrder.nativeOrder());
    }

    private Tensor tensor(ByteBuffer bytes, ElementType type, DataType dataType, long[] shape) {
        Shape sizes = new Shape(shape);
        try {
            PtNDArray array =
                    upload == null
                            ? manager.create(bytes, sizes, dataType)
                            : upload.upload(bytes, sizes, dataType);
            return new Tensor(this, array, type);
        } catch (EngineException e) {
            throw failure("making a tensor of shape " + sizes, e);
        }
    }

    /**
     * Compiles a graph for inference.
     *
     * @param graph what to compute
     * @param precision in what; {@link Precision#AUTO} has to be resolved before
     * @return the program, which the caller closes
     */
    public Program compile(Graph graph, Precision precision) {
        Map<String, Packing> packing = device.isCuda() ? Map.of() : Packing.of(graph, precision);
        String forward =
                device.isCuda()
                        ? Lowering.forward(graph, precision)
                        : OneDnnLowering.forward(graph, precision, packing);
        PtSymbolBlock block = load(graph.name(), ScriptArchive.of(forward));
        return new Program(this, graph, precision, packing, block);
    }

    PtSymbolBlock load(String name, byte[] archive) {
        try {
            return JniUtils.loadModule(manager, new ByteArrayInputStream(archive), true, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        } catch (EngineException e) {
            throw failure("compiling " + name, e);
        }
    }

    Weights load(
            Collection<ParameterSpec> declared,
            WeightSource source,
            Precision precision,
            Map<String, Packing> packing) {
        try (WeightLoader loader = new WeightLoader(this, precision, packing)) {
            return loader.load(declared, source);
        }
    }

    /**
     * Prepares a graph for training.
     *
     * @param graph what to compute; its first output is the loss, without dimensions, and every
     *     output is one number
     * @param precision of the computation; parameters that learn are in 32 bits all the same
     * @param trained whether a parameter learns, by its name; the others are frozen
     * @param start where the parameters are; it may be closed afterwards
     * @return the trainer, which the caller closes
     * @throws EllaException if the source does not hold what the graph declares, nothing learns, or
     *     memory runs out
     */
    public Trainer trainer(
            Graph graph, Precision precision, Predicate<String> trained, WeightSource start) {
        return Trainer.of(this, graph, precision, trained, start);
    }

    /**
     * Runs something and measures the operations that it has libtorch do on this thread.
     *
     * @param work what to run
     * @return the operations, those that took longest first
     */
    public List<OperationTime> profile(Runnable work) {
        return Profile.of(work);
    }

    PtNDManager manager() {
        return manager;
    }

    void opened() {
        live.incrementAndGet();
    }

    void closed() {
        live.decrementAndGet();
    }

    /** Turns what libtorch threw into a message; out of memory is told apart. */
    EllaException failure(String what, EngineException cause) {
        String text = String.valueOf(cause.getMessage());
        boolean memory = text.contains("out of memory") || text.contains("can't allocate memory");
        if (memory) {
            return new EllaException(
                    "%s ran out of memory on %s. Ask for a smaller size, fewer images at once or a lower precision"
                            .formatted(what, device),
                    cause);
        }
        return new EllaException(what + " failed on " + device + ": " + text, cause);
    }

    /** Frees what is left of this device's memory. */
    @Override
    public void close() {
        if (upload != null) {
            upload.close();
        }
        manager.close();
    }
}
