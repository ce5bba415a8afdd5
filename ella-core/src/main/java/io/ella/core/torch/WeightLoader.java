package io.ella.core.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import io.ella.core.graph.ElementType;
import io.ella.core.graph.ParameterSpec;
import io.ella.core.weights.DType;
import io.ella.core.weights.StoredTensor;
import io.ella.core.weights.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns stored tensors into parameters: in the element type of the program, convolutions
 * channels-last.
 *
 * <p>A tensor that is already stored as the program wants it is not copied: it aliases the mapped
 * file.
 */
final class WeightLoader implements AutoCloseable {
    /**
     * {@code stored} is the element type that raw bytes stand for, or -1 where the array is typed.
     */
    private static final String CONVERT =
            """
              def forward(self: __torch__.Model, parts: List[Tensor], stored: int, shape: List[int], wanted: int) -> Tensor:
                if torch.eq(torch.len(parts), 1):
                  x = parts[0]
                else:
                  x = torch.cat(parts, 0)
                if torch.ge(stored, 0):
                  y = torch.view_copy(x, stored)
                else:
                  y = x
                z = torch.reshape(y, shape)
                if torch.eq(torch.len(shape), 4):
                  r = torch.to(z, wanted, False, True, memory_format=2)
                else:
                  r = torch.to(z, wanted, False, True)
                return r
            """;

    /** Parts are cut along the rows. */
    private static final String PACK_LINEAR =
            """
              def forward(self: __torch__.Model, x: Tensor, parts: int) -> List[Tensor]:
                packed = annotate(List[Tensor], [])
                for part in torch.chunk(x, parts, 0):
                  _0 = torch.append(packed, ops.mkldnn._reorder_linear_weight(part))
                return packed
            """;

    /** Parts are cut along the input channels. */
    private static final String PACK_CONVOLUTION =
            """
              def forward(self: __torch__.Model, x: Tensor, parts: int, stride: int, padding: int, height: int, width: int) -> List[Tensor]:
                packed = annotate(List[Tensor], [])
                for part in torch.chunk(x, parts, 1):
                  y = torch.contiguous(part, memory_format=2)
                  _0 = torch.append(packed, ops.mkldnn._reorder_convolution_weight(y, [padding, padding], [stride, stride], [1, 1], 1, [1, torch.size(y, 1), height, width]))
                return packed
            """;

    private static final long MAX_BUFFER = 1L << 30;

    private final Torch torch;
    private final Precision precision;
    private final Map<String, Packing> packing;
    private final PtSymbolBlock convert;

    /** What packs, by its source; loaded when first needed, which takes milliseconds each. */
    private final Map<String, PtSymbolBlock> packers = new HashMap<>();

    WeightLoader(Torch torch, Precision precision, Map<String, Packing> packing) {
        this.torch = torch;
        this.precision = precision;
        this.packing = packing;
        this.convert = script(CONVERT);
    }

    private PtSymbolBlock script(String forward) {
        return torch.load("the weight loader", ScriptArchive.of(forward));
    }

    Weights load(Collection<ParameterSpec> declared, WeightSource source) {
        Map<String, PtNDArray> arrays = new LinkedHashMap<>();
        long bytes = 0;
        boolean whole = false;
        try {
            for (ParameterSpec spec : declared) {
                Precision wanted = spec.type() == ElementType.FLOAT32 ? Precision.FP32 : precision;
                PtNDArray array = load(source.tensor(spec), wanted.scalarType());
                Packing packed = packing.get(spec.name());
                if (packed == null) {
                    arrays.put(spec.name(), array);
                } else {
                    List<PtNDArray> parts = pack(array, packed);
                    for (int i = 0; i < parts.size(); i++) {
                        arrays.put(packed.key(spec.name(), i), parts.get(i));
                    }
                }
                long each = wanted == Precision.FP32 ? 4 : 2;
                long elements = spec.elements();
                if (packed instanceof Packing.Transformed t) {
                    elements = elements / 9 * t.elements();
                }
                bytes += elements * each;
            }
            Weights weights = new Weights(arrays, packing, bytes);
            whole = true;
            return weights;
        } catch (EngineException e) {
            throw torch.failure("loading weights from " + source.description(), e);
        } finally {
            if (!whole) {
                arrays.values().forEach(PtNDArray::close);
            }
        }
    }

    private PtNDArray load(StoredTensor stored, int wanted) {
        DataType typed = typed(stored.dtype());
        long[] shape = stored.shape().stream().mapToLong(Long::longValue).toArray();
        boolean asStored =
                typed != null && scalarType(stored.dtype()) == wanted && shape.length != 4;
        if (stored.isComputed() && typed != null && fitsOneBuffer(stored)) {
            PtNDArray array = computed(stored, typed, shape);
            return asStored ? array : convert(List.of(array), -1, shape, wanted);
        }
        List<PtNDArray> parts = new ArrayList<>();
        for (ByteBuffer part : stored.parts()) {
            long elements = part.capacity() / (typed == null ? 1 : stored.dtype().bytes());
            DataType type = typed == null ? DataType.UINT8 : typed;
            boolean single = asStored && part.capacity() == stored.bytes();
            Shape partShape = single ? new Shape(shape) : new Shape(elements);
            parts.add(torch.manager().create(part, partShape, type));
        }
        if (asStored && parts.size() == 1) {
            return parts.get(0);
        }
        return convert(parts, typed == null ? scalarType(stored.dtype()) : -1, shape, wanted);
    }

    private boolean fitsOneBuffer(StoredTensor stored) {
        return !torch.device().isCuda() && stored.bytes() > 0 && stored.bytes() <= MAX_BUFFER;
    }

    /** Computed where libtorch keeps it, so that nothing waits for Java's garbage collector. */
    private PtNDArray computed(StoredTensor stored, DataType type, long[] shape) {
        PtNDArray array = torch.manager().create(new Shape(shape), type);
        stored.read(0, JniUtils.getByteBuffer(array, true).order(ByteOrder.LITTLE_ENDIAN));
        return array;
    }

    /** Closes the parts. */
    private PtNDArray convert(List<PtNDArray> parts, int stored, long[] shape, int wanted) {
        try (IValue list = IValue.listFrom(parts.toArray(new PtNDArray[0]));
                IValue from = IValue.from(stored);
                IValue sizes = IValue.listFrom(shape);
                IValue to = IValue.from(wanted);
                IValue result = convert.forward(list, from, sizes, to)) {
            return result.toTensor(torch.manager());
        } finally {
            parts.forEach(PtNDArray::close);
        }
    }

    /** Closes the array: the packed parts replace it. */
    private List<PtNDArray> pack(PtNDArray array, Packing packed) {
        List<IValue> arguments = new ArrayList<>();
        try (array) {
            arguments.add(IValue.from(array));
            String packer;
            if (packed instanceof Packing.Transformed t) {
                packer = Winograd.PACK;
                arguments.add(IValue.from(t.pixels()));
            } else if (packed instanceof Packing.Linear l) {
                packer = PACK_LINEAR;
                arguments.add(IValue.from(l.parts()));
            } else {
                Packing.Convolution c = (Packing.Convolution) packed;
                packer = PACK_CONVOLUTION;
                arguments.add(IValue.from(c.parts()));
                arguments.add(IValue.from(c.stride()));
                arguments.add(IValue.from(c.padding()));
                arguments.add(IValue.from(c.height()));
                arguments.add(IValue.from(c.width()));
            }
            PtSymbolBlock block = packers.computeIfAbsent(packer, this::script);
            try (IValue result = block.forward(arguments.toArray(new IValue[0]))) {
                return List.of(result.toTensorArray(torch.manager()));
            }
        } finally {
            arguments.forEach(IValue::close);
        }
    }

    /** The element type as DJL has it; null where it has none. */
    private static @Nullable DataType typed(DType dtype) {
        return switch (dtype) {
            case F64 -> DataType.FLOAT64;
            case F32 -> DataType.FLOAT32;
            case F16 -> DataType.FLOAT16;
            case I64 -> DataType.INT64;
            case I32 -> DataType.INT32;
            case I8 -> DataType.INT8;
            case U8 -> DataType.UINT8;
            case BOOL -> DataType.BOOLEAN;
            case BF16, I16 -> null;
        };
    }

    /** The number that TorchScript has for the element type. */
    private static int scalarType(DType dtype) {
        return switch (dtype) {
            case U8 -> 0;
            case I8 -> 1;
            case I16 -> 2;
            case I32 -> 3;
            case I64 -> 4;
            case F16 -> 5;
            case F32 -> 6;
            case F64 -> 7;
            case BOOL -> 11;
            case BF16 -> 15;
        };
    }

    @Override
    public void close() {
        convert.close();
        packers.values().forEach(PtSymbolBlock::close);
    }
}
