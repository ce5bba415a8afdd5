package io.ella.samples;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Whether the process was told to end (Ctrl-C). Its end waits until this is closed, so that what
 * goes on can be kept.
 */
final class Interruption implements BooleanSupplier, AutoCloseable {
    private static final int PATIENCE_SECONDS = 60;

    private final Console console;
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interrupted, "ella-interrupt");
    private volatile boolean told;

    Interruption(Console console) {
        this.console = console;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    @Override
    public boolean getAsBoolean() {
        return told;
    }

    private void interrupted() {
        told = true;
        console.note("ella: stopping");
        try {
            if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                console.note("ella: still busy, ended anyway");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

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
