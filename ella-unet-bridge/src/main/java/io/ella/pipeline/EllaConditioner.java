package io.ella.pipeline;

import io.ella.core.torch.Tensor;
import io.ella.encoders.TextEncoder;
import io.ella.encoders.TokenIds;
import io.ella.encoders.Tokenizer;
import io.ella.tsc.Queries;
import io.ella.tsc.TimestepAwareSemanticConnector;

/**
 * ELLA: a language model reads the prompt once, the connector turns its features into queries for
 * every timestep.
 */
final class EllaConditioner implements Conditioner {
    private final Tokenizer tokenizer;
    private final TextEncoder encoder;
    private final TimestepAwareSemanticConnector connector;

    EllaConditioner(
            Tokenizer tokenizer, TextEncoder encoder, TimestepAwareSemanticConnector connector) {
        this.tokenizer = tokenizer;
        this.encoder = encoder;
        this.connector = connector;
    }

    @Override
    public Conditioning condition(GenerationRequest request, double[] timesteps) {
        TokenIds positive = tokenizer.encode(request.prompt(), request.tokenLength());
        TokenIds negative = tokenizer.encode(request.negativePrompt(), request.tokenLength());
        Queries positiveQueries = queries(positive, timesteps);
        try {
            return new Both(positiveQueries, queries(negative, timesteps), positive.dropped());
        } catch (RuntimeException | Error e) {
            positiveQueries.close();
            throw e;
        }
    }

    private Queries queries(TokenIds tokens, double[] timesteps) {
        try (Tensor features = encoder.encode(tokens)) {
            return connector.queries(tokens, features, timesteps);
        }
    }

    @Override
    public int width() {
        return connector.config().width();
    }

    @Override
    public void close() {
        connector.close();
        encoder.close();
        tokenizer.close();
    }

    private record Both(Queries positive, Queries negative, int dropped) implements Conditioning {
        @Override
        public Tensor context(double timestep) {
            return positive.at(timestep);
        }

        @Override
        public Tensor negativeContext(double timestep) {
            return negative.at(timestep);
        }

        @Override
        public void close() {
            positive.close();
            negative.close();
        }
    }
}
