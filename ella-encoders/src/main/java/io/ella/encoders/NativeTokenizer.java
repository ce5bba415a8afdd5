package io.ella.encoders;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.ella.core.EllaException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hugging Face's Rust library, through DJL. Padding and truncation happen here: DJL's defaults cut
 * at 512 tokens and pad with id 0. The Rust tokenizer encodes from many threads; only closing has
 * to wait for them.
 */
final class NativeTokenizer implements Tokenizer {
    private static final Logger LOG = LoggerFactory.getLogger(NativeTokenizer.class);

    static {
        // DJL reports to its authors from EC2 machines, and downloads a CUDA build of the library
        // where it sees a GPU, unless told otherwise before its first call.
        setDefault("OPT_OUT_TRACKING", "true");
        setDefault("RUST_FLAVOR", "cpu");
    }

    private final Path source;
    private final HuggingFaceTokenizer tokenizer;
    private final long padId;
    private final ReadWriteLock closing = new ReentrantReadWriteLock();
    private boolean closed;

    NativeTokenizer(TokenizerFiles files) {
        source = files.source();
        padId = files.padId();
        Map<String, String> options = Map.of("truncation", "false", "padding", "false");
        byte[] json = files.json().getBytes(StandardCharsets.UTF_8);
        try {
            tokenizer = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options);
        } catch (IOException | RuntimeException e) {
            throw new EllaException(
                    source
                            + ": not a tokenizer that can be read ("
                            + e.getMessage()
                            + "). Download the file again, or save it with a recent version of transformers.",
                    e);
        } catch (LinkageError e) {
            throw new EllaException(
                    "The native tokenizers library could not be loaded ("
                            + e.getMessage()
                            + "). DJL has it for linux-x86_64, linux-aarch64, osx-aarch64 and win-x86_64; it"
                            + " is unpacked below DJL_CACHE_DIR, which must be writable.",
                    e);
        }
    }

    @Override
    public TokenIds encode(String text, TokenLength length) {
        Encoding encoding = encode(text);
        long[] ids = encoding.getIds();
        if (!(length instanceof TokenLength.Fixed fixed)) {
            return new TokenIds(ids, ids.length, 0);
        }
        int max = fixed.maxLength();
        int dropped = Math.max(0, ids.length - max);
        if (dropped > 0) {
            ids = truncate(ids, encoding.getSpecialTokenMask(), max);
            LOG.warn(
                    "The prompt has {} tokens, {} fit: the last {} are left out.",
                    max + dropped,
                    max,
                    dropped);
        }
        int count = ids.length;
        long[] padded = Arrays.copyOf(ids, max);
        Arrays.fill(padded, count, max, padId);
        return new TokenIds(padded, count, dropped);
    }

    @Override
    public long padId() {
        return padId;
    }

    @Override
    public void close() {
        closing.writeLock().lock();
        try {
            closed = true;
            tokenizer.close();
        } finally {
            closing.writeLock().unlock();
        }
    }

    private Encoding encode(String text) {
        closing.readLock().lock();
        try {
            if (closed) {
                throw new EllaException(source + ": this tokenizer is closed. Open another.");
            }
            return tokenizer.encode(wellFormed(text), true, false);
        } finally {
            closing.readLock().unlock();
        }
    }

    /** Leaves out what is before the end's special tokens, the ones that the model itself adds. */
    private long[] truncate(long[] ids, long[] special, int max) {
        int tail = 0;
        while (tail < ids.length && special[ids.length - 1 - tail] == 1) {
            tail++;
        }
        int head = 0;
        while (head < ids.length - tail && special[head] == 1) {
            head++;
        }
        if (head + tail > max) {
            throw new EllaException(
                    "A token length of "
                            + max
                            + " was asked for; the tokenizer "
                            + source
                            + " adds "
                            + (head + tail)
                            + " special tokens. Give a greater length.");
        }
        long[] truncated = Arrays.copyOf(ids, max);
        System.arraycopy(ids, ids.length - tail, truncated, max - tail, tail);
        return truncated;
    }

    /** Half a surrogate pair has no UTF-8 form: it becomes the replacement character. */
    private static String wellFormed(String text) {
        int[] points =
                text.codePoints().map(c -> c >= 0xd800 && c <= 0xdfff ? 0xfffd : c).toArray();
        return new String(points, 0, points.length);
    }

    private static void setDefault(String property, String value) {
        if (System.getenv(property) == null && System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
