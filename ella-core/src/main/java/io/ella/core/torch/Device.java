package io.ella.core.torch;

import io.ella.core.EllaException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where tensors live and programs run.
 *
 * @param type the kind of device
 * @param index which one of its kind, from 0
 */
public record Device(Type type, int index) {

    /** Kinds of devices. */
    public enum Type {
        /** The processor. */
        CPU,
        /** An NVIDIA GPU. */
        CUDA
    }

    /** The processor. */
    public static final Device CPU = new Device(Type.CPU, 0);

    private static final Pattern CUDA_NAME = Pattern.compile("cuda(?::(\\d{1,3}))?");

    /** Checks the index. */
    public Device {
        if (index < 0 || (type == Type.CPU && index != 0)) {
            throw new EllaException(
                    "there is no device " + type + " " + index + "; name \"cpu\" or \"cuda:N\"");
        }
    }

    /**
     * {@return the device of that name}
     *
     * @param name {@code cpu}, {@code cuda} or {@code cuda:N}
     */
    public static Device of(String name) {
        if (name.equals("cpu")) {
            return CPU;
        }
        Matcher matcher = CUDA_NAME.matcher(name);
        if (!matcher.matches()) {
            throw new EllaException("\"" + name + "\" is no device; name \"cpu\" or \"cuda:N\"");
        }
        return new Device(
                Type.CUDA, matcher.group(1) == null ? 0 : Integer.parseInt(matcher.group(1)));
    }

    /** {@return whether this is a GPU} */
    public boolean isCuda() {
        return type == Type.CUDA;
    }

    /** {@return the name that {@link #of} takes} */
    @Override
    public String toString() {
        return isCuda() ? "cuda:" + index : "cpu";
    }
}
