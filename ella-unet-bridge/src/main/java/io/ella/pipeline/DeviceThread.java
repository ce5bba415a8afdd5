package io.ella.pipeline;

import io.ella.core.EllaException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The one thread on which a pipeline's native work happens; callers queue. Thread-safe. */
final class DeviceThread {
    private final ExecutorService executor;

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

    /** Queues work; refused after {@link #close}. */
    void execute(Runnable work) {
        try {
            executor.execute(work);
        } catch (RejectedExecutionException e) {
            throw new EllaException("the pipeline is closed", e);
        }
    }

    /** Queues a last piece of work and waits until all is done. */
    void close(Runnable last) {
        executor.execute(last);
        executor.shutdown();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    if (executor.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS)) {
                        return;
                    }
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
