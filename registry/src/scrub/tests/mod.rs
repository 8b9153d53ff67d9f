mod corpus;
mod properties;
mod shown;
