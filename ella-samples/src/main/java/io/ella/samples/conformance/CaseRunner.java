package io.ella.samples.conformance;

import io.ella.core.conformance.ConformanceCase;
import java.util.Map;

/** Computes the results of the cases of one component. */
interface CaseRunner {
    /**
     * {@return at least the results that the case expects, by their names without {@code out.}}
     *
     * @param given what to compute, and from what
     * @param workbench where
     */
    Map<String, float[]> run(ConformanceCase given, Workbench workbench);
}
