//! Search spaces: domains, the flat conditional list of parameters, points and typed handles.
