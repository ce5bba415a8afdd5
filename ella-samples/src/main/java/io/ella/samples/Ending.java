package io.ella.samples;

import io.ella.core.EllaException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Holds the end of the process back while native code works. When the process is told to end
 * (Ctrl-C, SIGTERM), libtorch must not be taken down under a call: this asks the work to stop, and
 * waits until it is closed.
 */
final class Ending implements AutoCloseable {
    /** Longer than a call takes: a training step of a large model on a small machine. */
    private static final int PATIENCE_SECONDS = 600;

    private final Console console;
    private final String note;
    private final Runnable cancel;
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::told, "ella-cancel");
    private volatile boolean told;

    /** For work that asks {@link #check} between its calls. */
    Ending(Console console) {
        this(console, "cancelling", () -> {});
    }

    /**
     * For work that asks {@link #isNear} between its calls.
     *
     * @param note what is said when the process is told to end
     */
    Ending(Console console, String note) {
        this(console, note, () -> {});
    }

    /** For a training, which asks {@link #isNear} between its steps. */
    static Ending ofTraining(Console console) {
        return new Ending(console, "ending after this step, with a checkpoint");
    }

    /**
     * For work that can be told.
     *
     * @param cancel asks it to stop soon; run on another thread
     */
    Ending(Console console, Runnable cancel) {
        this(console, "cancelling", cancel);
    }

    private Ending(Console console, String note, Runnable cancel) {
        this.console = console;
        this.note = note;
        this.cancel = cancel;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void told() {
        told = true;
        console.note("ella: " + note);
        cancel.run();
        try {
            if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                console.note("ella: still busy, ended anyway");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** {@return whether the process was told to end} */
    boolean isNear() {
        return told;
    }

    /** Stops the work if the process was told to end. */
    void check() {
        if (told) {
            throw new EllaException("cancelled");
        }
    }

    /** Lets the process end: no native code runs any more. */
    @Override
    public void close() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook is what waits for this.
        }
    }
}
