package io.ella.core.torch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import io.ella.core.EllaException;

/** The native library, loaded once by a process. */
final class Native {

    private Native() {}

    static Engine engine() {
        // DJL reports usage and looks for natives on the network unless told not to.
        System.setProperty("OPT_OUT_TRACKING", "true");
        try {
            return Engine.getEngine("PyTorch");
        } catch (EngineException e) {
            throw new EllaException(
                    "libtorch could not be loaded. Add pytorch-jni and a pytorch-native artifact for this platform, or set PYTORCH_LIBRARY_PATH",
                    e);
        }
    }
}
