package io.ella.samples.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The most physical memory that the process had at once. */
public final class PeakMemory {
    private static final Pattern LINE = Pattern.compile("VmHWM:\\s*(\\d+) kB");

    private PeakMemory() {}

    /** {@return the bytes so far, mapped files included; empty where the system does not tell} */
    public static OptionalLong bytes() {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return OptionalLong.empty();
        }
        try {
            Matcher matcher = LINE.matcher(Files.readString(status));
            return matcher.find()
                    ? OptionalLong.of(Long.parseLong(matcher.group(1)) << 10)
                    : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
