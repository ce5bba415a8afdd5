package io.ella.samples;

import java.util.concurrent.CountDownLatch;

/**
 * What Ctrl-C means to long work: it is asked to stop, and the process waits until it has, however
 * long the step in progress takes, because ending in the middle of native code crashes.
 */
final class Interruption implements AutoCloseable {
    private final Console console;
    private final String note;
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interrupted, "ella-interrupt");
    private volatile boolean requested;

    /**
     * @param note what is said then
     */
    Interruption(Console console, String note) {
        this.console = console;
        this.note = note;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Whether the work is to stop. */
    boolean isRequested() {
        return requested;
    }

    private void interrupted() {
        requested = true;
        console.note("ella: " + note);
        try {
            finished.await();
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
