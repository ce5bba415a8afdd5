package io.ella.pipeline;

import io.ella.core.torch.Tensor;
import io.ella.encoders.Residency;
import io.ella.encoders.TextEncoder;
import io.ella.encoders.TokenIds;
import io.ella.encoders.TokenLength;
import io.ella.encoders.Tokenizer;
import io.ella.tsc.Queries;
import io.ella.tsc.TimestepAwareSemanticConnector;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * ELLA: a language model reads the prompt once, the connector turns its features into queries for
 * every timestep. SDXL's pooled text stays that of its second text encoder.
 */
final class EllaConditioner implements Conditioner {
    private final Tokenizer tokenizer;
    private final TextEncoder encoder;
    private final Residency residency;
    private final TimestepAwareSemanticConnector connector;
    private final Optional<PooledText> pooledText;

    EllaConditioner(
            Tokenizer tokenizer,
            TextEncoder encoder,
            Residency residency,
            TimestepAwareSemanticConnector connector,
            Optional<PooledText> pooledText) {
        this.tokenizer = tokenizer;
        this.encoder = encoder;
        this.residency = residency;
        this.connector = connector;
        this.pooledText = pooledText;
    }

    @Override
    public Conditioning condition(String prompt, TokenLength length, double[] timesteps) {
        return with(pooledText.map(text -> text.of(prompt)), prompt, length, timesteps);
    }

    /** ELLA was trained with the empty prompt, also where the pooled text is zeros. */
    @Override
    public Conditioning unconditional(TokenLength length, double[] timesteps) {
        return with(pooledText.map(PooledText::unconditional), "", length, timesteps);
    }

    private Conditioning with(
            Optional<Tensor> pooled, String prompt, TokenLength length, double[] timesteps) {
        TokenIds tokens = tokenizer.encode(prompt, length.atMost(encoder.maxLength()));
        try (Tensor features = encoder.encode(tokens)) {
            Queries queries = connector.queries(tokens, features, timesteps);
            return new PerTimestep(queries, pooled, tokens.dropped());
        } catch (RuntimeException | Error e) {
            pooled.ifPresent(Tensor::close);
            throw e;
        }
    }

    /**
     * Reads the empty prompt, unless the language model would have to be read from disk for it. Not
     * its pooled text, which is not kept.
     */
    @Override
    public void prepare(TokenLength length, Supplier<double[]> timesteps) {
        if (residency == Residency.RESIDENT) {
            with(Optional.empty(), "", length, timesteps.get()).close();
        }
    }

    @Override
    public int width() {
        return connector.config().width();
    }

    @Override
    public int pooledWidth() {
        return pooledText.map(PooledText::width).orElse(0);
    }

    @Override
    public void close() {
        pooledText.ifPresent(PooledText::close);
        connector.close();
        encoder.close();
        tokenizer.close();
    }

    private record PerTimestep(Queries queries, Optional<Tensor> pooled, int dropped)
            implements Conditioning {
        @Override
        public Tensor context(double timestep) {
            return queries.at(timestep);
        }

        @Override
        public void close() {
            queries.close();
            pooled.ifPresent(Tensor::close);
        }
    }
}
