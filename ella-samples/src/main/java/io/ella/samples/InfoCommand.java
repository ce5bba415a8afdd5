package io.ella.samples;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "info", mixinStandardHelpOptions = true)
final class InfoCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return 0;
    }
}
