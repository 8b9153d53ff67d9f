//! Asks an OpenAI-compatible chat endpoint for a plan and checks the answer.
