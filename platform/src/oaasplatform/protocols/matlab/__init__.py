"""The dialect of MATLAB Production Server and of the microservice images that MATLAB Compiler SDK makes."""

from oaasplatform.protocols.matlab.adapter import MatlabProtocol

__all__ = ["MatlabProtocol"]
