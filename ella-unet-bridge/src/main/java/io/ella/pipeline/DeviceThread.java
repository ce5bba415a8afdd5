package io.ella.pipeline;

import io.ella.core.EllaException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The one thread on which the native work of a pipeline happens, or of several that share parts;
 * callers queue. Thread-safe.
 */
final class DeviceThread {
    private final ExecutorService executor;
    private int users = 1;

    DeviceThread(String name) {
        executor =
                new ThreadPoolExecutor(
                        1,
                        1,
                        0,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        work -> {
                            Thread thread = new Thread(work, name);
                            thread.setDaemon(true);
                            return thread;
                        });
    }

    /** {@return this, for one more that closes it} */
    synchronized DeviceThread again() {
        if (users == 0) {
            throw new EllaException("the pipeline is closed");
        }
        users++;
        return this;
    }

    /** Queues work; refused once all have closed it. */
    void execute(Runnable work) {
        try {
            executor.execute(work);
        } catch (RejectedExecutionException e) {
            throw new EllaException("the pipeline is closed", e);
        }
    }

    /** Queues a last piece of work of one user and waits until it is done. */
    void close(Runnable last) {
        Future<?> done = executor.submit(last);
        synchronized (this) {
            users--;
            if (users == 0) {
                executor.shutdown();
            }
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    done.get();
                    return;
                } catch (ExecutionException e) {
                    throw new EllaException("closing failed: " + e.getCause(), e);
                } catch (InterruptedException e) {
                    interrupted = true; // memory that is in use cannot be freed: wait for the step
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
